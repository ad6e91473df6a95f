namespace LightVM;

/// <summary>A reconcile that systemd starts again and again on this machine. What <c>Get-LightVMReconcileJob</c> writes.</summary>
public sealed class ReconcileJob
{
    public required string Name { get; init; }

    /// <summary>Absolute.</summary>
    public required string SpecPath { get; init; }

    /// <summary>As Connect-LightVMHost takes it; null: the default host, or those of the spec.</summary>
    public string? HostName { get; init; }

    /// <summary>What LIGHTVM_HOST is for its runs; null: their default host is this machine.</summary>
    public string? DefaultHost { get; init; }

    /// <summary>From the end of one run to the start of the next.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Each run starts up to so much later, at random.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>How often a run that failed is tried again before the next interval.</summary>
    public int RetryCount { get; init; }

    /// <summary>Before the first of those; doubled before each further one.</summary>
    public TimeSpan RetryDelay { get; init; }

    /// <summary><c>Mon-Fri 22:00-04:00</c>: when a run may do something; null: always.</summary>
    public string? MaintenanceWindow { get; init; }

    /// <summary>Whether what the spec no longer names is kept.</summary>
    public bool NoPrune { get; init; }

    /// <summary>Whether it is there and does not run.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>Suspended, Waiting, Running, or Failed: its last run had an error.</summary>
    public string State { get; set; } = "";

    /// <summary>When its last run ended; null: none has.</summary>
    public DateTimeOffset? LastRunTime { get; set; }

    /// <summary>When its next run starts; null: it is not known.</summary>
    public DateTimeOffset? NextRunTime { get; set; }

    /// <summary>systemd's name of what runs; <c>journalctl -u</c> shows its output.</summary>
    public string Unit => $"lightvm-reconcile-{Name}.service";

    public override string ToString() => Name;
}
