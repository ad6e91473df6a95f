using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Removes reconcile jobs of this machine. A run that is under way ends by itself; guests stay as they are.</summary>
/// <example>
/// <code>Unregister-LightVMReconcileJob web</code>
/// Fleet web is not looked after any more.
/// </example>
[Cmdlet(VerbsLifecycle.Unregister, "LightVMReconcileJob", SupportsShouldProcess = true)]
public sealed class UnregisterLightVMReconcileJobCommand : JobCmdlet
{
    /// <summary>Names of jobs; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ReconcileJob job in FindJobs(Name))
        {
            if (!ShouldProcess(job.Name, "Unregister reconcile job"))
            {
                continue;
            }

            try
            {
                Ask(() => Systemd.Unregister(job));
            }
            catch (LightVMException e)
            {
                WriteProblem(e, job);
            }
        }
    }
}
