namespace LightVM.Reconcile;

/// <summary>One difference between the adapters or disks of a guest and those that are wanted: what is removed, added or set.</summary>
internal sealed record DeviceStep(string Path, string? From, string? To, string Reason)
{
    public bool IsDisk { get; init; }

    /// <summary>Number of the device that goes, or null.</summary>
    public int? Remove { get; init; }

    /// <summary>The adapter that comes, or null.</summary>
    public AdapterDefinition? AddAdapter { get; init; }

    /// <summary>The disk that comes, or null.</summary>
    public DiskDefinition? AddDisk { get; init; }

    /// <summary>The adapter whose rate limit is set, or null.</summary>
    public int? SetRate { get; init; }

    /// <summary>Bytes per second.</summary>
    public long Rate { get; init; }
}
