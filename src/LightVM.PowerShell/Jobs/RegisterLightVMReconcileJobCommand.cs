using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Has systemd reconcile a spec file again and again: once at once, then an interval after the end of each run. A job that is there already is
/// changed. Root's jobs run when the machine is up, others' while their user is logged in (or lingers: loginctl enable-linger). What a run said is
/// in the journal, what it did in Get-LightVMRevision.
/// </summary>
/// <example>
/// <code>Register-LightVMReconcileJob web ./specs/web.yaml -Interval 0:10 -Jitter 0:0:30</code>
/// Every ten minutes, up to half a minute later.
/// </example>
/// <example>
/// <code>Register-LightVMReconcileJob shop /srv/shop.yaml -HostName xen2 -MaintenanceWindow 'Mon-Fri 22:00-04:00; Sat,Sun 00:00-24:00'</code>
/// Changes nothing during working hours.
/// </example>
/// <example>
/// <code>Get-LightVMReconcileJob web | Register-LightVMReconcileJob -Suspended</code>
/// It stays, and does not run.
/// </example>
[Cmdlet(VerbsLifecycle.Register, "LightVMReconcileJob", SupportsShouldProcess = true)]
[OutputType(typeof(ReconcileJob))]
public sealed class RegisterLightVMReconcileJobCommand : JobCmdlet
{
    private static readonly TimeSpan MostInterval = TimeSpan.FromDays(31);

    /// <summary>Its name: lower-case letters, digits and -, at most 63.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidatePattern(SpecSchema.NamePattern)]
    public string Name { get; set; } = "";

    /// <summary>The spec file.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("SpecPath")]
    public string Path { get; set; } = "";

    /// <summary>The host, as Connect-LightVMHost takes it; those of the spec otherwise, what LIGHTVM_HOST says now, or this machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    /// <summary>From the end of one run to the start of the next: 5 minutes unless given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Each run starts up to so much later, at random, so that many machines do not start at once.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public TimeSpan Jitter { get; set; }

    /// <summary>How often a run that failed is tried again: 3 times unless given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 10)]
    public int RetryCount { get; set; } = 3;

    /// <summary>Before the first of those, 10 seconds unless given; doubled before each further one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>When a run may change something, in local time: 'Mon-Fri 22:00-04:00'. Outside it a run only says so.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? MaintenanceWindow { get; set; }

    /// <summary>Keeps what the spec no longer names.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter NoPrune { get; set; }

    /// <summary>Registers it without having it run.</summary>
    [Parameter]
    public SwitchParameter Suspended { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            ReconcileJob job = Define();
            if (ShouldProcess($"{job.Name} ({job.SpecPath})", "Register reconcile job"))
            {
                IReadOnlyList<KeyValuePair<string, string>> environment = job.DefaultHost is { } host ? [new("LIGHTVM_HOST", host)] : [];
                string timer = JobUnits.Timer(job), service = JobUnits.Service(job, JobCommand.Of(job), environment, Systemd.User);
                Ask(() => Systemd.Register(job, timer, service));
                WriteObject(Ask(Systemd.Jobs).FirstOrDefault(known => known.Name == job.Name));
            }
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, e.Problem.Target ?? Name);
        }
    }

    private ReconcileJob Define()
    {
        Require(Interval >= TimeSpan.FromSeconds(10) && Interval <= MostInterval, $"-Interval is {Interval}", "Give one from 10 seconds to 31 days.");
        Require(Jitter >= TimeSpan.Zero && Jitter <= Interval, $"-Jitter is {Jitter}", "Give one from zero to the interval.");
        Require(RetryDelay >= TimeSpan.FromSeconds(1) && RetryDelay <= TimeSpan.FromHours(1), $"-RetryDelay is {RetryDelay}", "Give one from a second to an hour.");
        string path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        Require(!path.Any(char.IsControl), "The spec's path has a control character", "Rename the file.");
        if (!File.Exists(path))
        {
            throw new LightVMException(ErrorCodes.SpecNotFound, $"There is no spec file '{path}'.", path, "Check the path; relative paths start at the current location.");
        }

        string? window = string.IsNullOrWhiteSpace(MaintenanceWindow) ? null : MaintenanceWindow;
        if (window is not null)
        {
            PowerShell.MaintenanceWindow.Parse(window);
        }

        string? told = Environment.GetEnvironmentVariable("LIGHTVM_HOST");
        return new ReconcileJob
        {
            Name = Name,
            SpecPath = path,
            HostName = string.IsNullOrEmpty(HostName) ? null : HostRegistry.Process.Resolve(HostName).ToString(),
            DefaultHost = string.IsNullOrEmpty(told) ? Systemd.Find(Name)?.DefaultHost : HostRegistry.Process.Resolve(told).ToString(),
            Interval = Interval,
            Jitter = Jitter,
            RetryCount = RetryCount,
            RetryDelay = RetryDelay,
            MaintenanceWindow = window,
            NoPrune = NoPrune,
            IsSuspended = Suspended,
        };
    }

    private void Require(bool holds, string what, string advice)
    {
        if (!holds)
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, $"Job '{Name}': {what}.", Name, advice);
        }
    }
}
