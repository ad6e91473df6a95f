namespace LightVM;

/// <summary>What a device has done since the data plane attached it; from the guest's view: it sends, it writes.</summary>
public sealed class DeviceCounters
{
    public long SentBytes { get; init; }

    /// <summary>Frames sent; of a disk: writes.</summary>
    public long SentRequests { get; init; }

    public long ReceivedBytes { get; init; }

    /// <summary>Frames received; of a disk: reads.</summary>
    public long ReceivedRequests { get; init; }

    public long Flushes { get; init; }

    public long Errors { get; init; }

    /// <summary>Frames whose source was not the guest's.</summary>
    public long DroppedSpoofed { get; init; }

    /// <summary>Frames beyond the rate limit.</summary>
    public long DroppedRate { get; init; }

    /// <summary>Frames that the guest had posted no room for.</summary>
    public long DroppedNoBuffer { get; init; }

    /// <summary>Frames that were malformed, or that the network does not carry, or whose receiver is not there.</summary>
    public long DroppedOther { get; init; }
}
