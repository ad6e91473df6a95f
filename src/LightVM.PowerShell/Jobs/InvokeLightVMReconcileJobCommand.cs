using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>
/// One run of a reconcile job, as its timer starts it: nothing outside its maintenance window; else Invoke-LightVMReconcile with its spec, tried
/// again with growing pauses when that fails. By hand it shows what a run would meet.
/// </summary>
/// <example>
/// <code>Invoke-LightVMReconcileJob web</code>
/// Runs job web now.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "LightVMReconcileJob")]
[OutputType(typeof(ReconcileResult))]
public sealed class InvokeLightVMReconcileJobCommand : JobCmdlet
{
    private const string Script = "param($path, $noPrune, $hosts) Invoke-LightVMReconcile -LiteralPath $path -NoPrune:$noPrune @hosts -ErrorAction Continue";

    private static readonly string[] Tags = ["LightVM", "Reconcile"];

    /// <summary>The job's name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    protected override void ProcessRecord()
    {
        if (Systemd.Find(Name) is not { } job)
        {
            ThrowProblem(NotFound(Name), Name);
            return;
        }

        if (WhyNot(job, DateTime.Now) is { } closed)
        {
            WriteInformation($"Job '{Name}' does nothing now: {closed}.", Tags);
            return;
        }

        TimeSpan delay = job.RetryDelay;
        for (int tried = 0; ; tried++, delay *= 2)
        {
            List<ErrorRecord> errors = Try(job);
            if (errors.Count == 0)
            {
                return;
            }

            // What a person has to mend is not tried again: it would fail in the same way.
            bool final = tried == job.RetryCount || errors.TrueForAll(error => error.Exception is LightVMException { Problem.Code: ErrorCodes.SpecInvalid or ErrorCodes.SpecNotFound });
            if (final)
            {
                errors.ForEach(WriteError);
                return;
            }

            WriteWarning(string.Create(CultureInfo.InvariantCulture, $"Job '{Name}' failed and is tried again in {delay.TotalSeconds:0.#} s: {errors[0].Exception.Message}"));
            if (StopToken.WaitHandle.WaitOne(delay))
            {
                throw new PipelineStoppedException();
            }

            if (WhyNoMore(job) is { } over)
            {
                WriteInformation($"Job '{Name}' is not tried again: {over}.", Tags);
                errors.ForEach(WriteError);
                return;
            }
        }
    }

    private static string? WhyNot(ReconcileJob job, DateTime now) =>
        job.MaintenanceWindow is { } window && !MaintenanceWindow.Parse(window).Contains(now) ? $"its maintenance window is {window}" : null;

    /// <summary>Pauses take minutes and hours: what has become of the job since it began.</summary>
    private string? WhyNoMore(ReconcileJob began) => Systemd.Find(Name) is not { } job
        ? "it was unregistered meanwhile"
        : job.IsSuspended && !began.IsSuspended ? "it was suspended meanwhile" : WhyNot(job, DateTime.Now);

    /// <summary>Writes what was done.</summary>
    /// <returns>What failed.</returns>
    private List<ErrorRecord> Try(ReconcileJob job)
    {
        var errors = new List<ErrorRecord>();
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        Hashtable hosts = job.HostName is { } host ? new() { ["HostName"] = host } : [];
        shell.AddScript(Script).AddArgument(job.SpecPath).AddArgument(job.NoPrune).AddArgument(hosts);
        using CancellationTokenRegistration stop = StopToken.Register(shell.Stop);
        try
        {
            foreach (PSObject result in shell.Invoke())
            {
                WriteObject(result);
            }
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            errors.Add(e.ErrorRecord);
        }

        errors.AddRange(shell.Streams.Error);
        return errors;
    }
}
