namespace LightVM.Toolstack;

/// <summary>What the parts of the toolstack share.</summary>
internal sealed class ToolstackParts
{
    public required ToolstackOptions Options { get; init; }

    public required RecordKeeper Records { get; init; }

    public required IEventLog Events { get; init; }

    public required ImageStore Images { get; init; }

    public required NetworkManager Networks { get; init; }

    public required GuestRegistry Guests { get; init; }

    public required XenPool Xen { get; init; }

    /// <summary>For calls that take long: saves, restores, waits. They keep nobody else from Xen.</summary>
    public required XenPool LongXen { get; init; }

    /// <summary>Of the running Xen. Set once, before anything is started.</summary>
    public string XenVersion { get; set; } = "";

    /// <summary>The process that reads saved memory, started with the first call.</summary>
    public required Func<Native.RestoreProcess> RestoreProcess { get; init; }

    public required ConsoleLogs Logs { get; init; }

    public required GuestFileStore Files { get; init; }

    public required DeviceFiles DeviceFiles { get; init; }

    public required CheckpointStore Checkpoints { get; init; }

    public required Guid BootId { get; init; }

    /// <summary>Set once, before anything is started.</summary>
    public GuestPlane Plane { get; set; } = null!;

    /// <summary>Set once, before anything is started.</summary>
    public Disks Disks { get; set; } = null!;

    /// <summary>Set once, before anything is started.</summary>
    public GuestResources Resources { get; set; } = null!;

    /// <summary>Set once, before anything is started.</summary>
    public ShellPool Shells { get; set; } = null!;

    /// <summary>Set once, before anything is started.</summary>
    public IdStock Ids { get; set; } = null!;

    /// <summary>Set once, before anything is started.</summary>
    public GuestHealth Health { get; set; } = null!;

    /// <summary>From the request to the first event, of guests that were built for it.</summary>
    public Histogram ColdStarts { get; } = new();

    /// <summary>The same of guests that were made of a shell.</summary>
    public Histogram PoolStarts { get; } = new();

    /// <summary>Set when the host shuts down: nothing is started any more.</summary>
    public bool ShuttingDown { get; set; }

    /// <summary>The guest that is saved in a checkpoint, or null.</summary>
    public ManagedGuest? SavedIn(StoredCheckpoint stored) => Guests.All.FirstOrDefault(guest => guest.Record.Checkpoint == stored.Stem);

    /// <summary>Stems of the checkpoints that guests are saved in.</summary>
    public IReadOnlySet<string> HeldCheckpoints() => Guests.All
        .Select(guest => guest.Record)
        .SelectMany(record => (string?[])[record.Checkpoint, record.Restoring])
        .OfType<string>()
        .ToHashSet(StringComparer.Ordinal);

    public void Log(LogSeverity severity, string message) => Options.Log(severity, message);

    public void Event(string kind, ManagedGuest guest, string message, string actor) =>
        Events.Append(kind, guest.Name, guest.Id, message, actor);
}
