namespace LightVM;

/// <summary>Something that happened on a host. What <c>Get-LightVMEvent</c> writes.</summary>
public sealed class Event
{
    /// <summary>Rises by one with each event of a host; survives restarts of the daemon.</summary>
    public long Sequence { get; init; }

    public DateTimeOffset Time { get; init; }

    /// <summary>
    /// GuestCreated, GuestStarted, GuestStopped, GuestCrashed, GuestPaused, GuestResumed, GuestRestarting, GuestChanged,
    /// GuestRemoved, GuestSaved, GuestRestored, GuestMoved, GuestAdopted, GuestFault, GuestReady, GuestNotReady, CheckpointRemoved, AdapterAdded, AdapterRemoved, DiskAdded, DiskRemoved, NetworkCreated, NetworkChanged, NetworkRemoved, ImageImported, ImageRemoved, FleetApplied, FleetRemoved, DaemonStarted, DaemonStopping,
    /// DataPlaneConnected, DataPlaneLost, Gap (events up to Sequence, those not yet seen, are no longer held).
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Name of the guest, image or fleet, or null.</summary>
    public string? Name { get; init; }

    public Guid? Id { get; init; }

    /// <summary>One sentence.</summary>
    public string Message { get; set; } = "";

    /// <summary>Who asked for it: <c>uid:0</c> with the user's name, or <c>daemon</c>.</summary>
    public string Actor { get; set; } = "";

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }
}
