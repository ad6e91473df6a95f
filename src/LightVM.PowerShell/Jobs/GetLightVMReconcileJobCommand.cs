using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Gets the reconcile jobs of this machine: when they run, and how the last run of each ended.</summary>
/// <example>
/// <code>Get-LightVMReconcileJob</code>
/// All jobs.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMReconcileJob")]
[OutputType(typeof(ReconcileJob))]
public sealed class GetLightVMReconcileJobCommand : JobCmdlet
{
    /// <summary>Names of jobs; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    protected override void ProcessRecord() => WriteObject(FindJobs(Name), enumerateCollection: true);
}
