namespace LightVM.Toolstack;

/// <summary>Devices as users see them.</summary>
internal static class DeviceViews
{
    /// <param name="counted">What lightvm-io has counted, or nothing.</param>
    public static IReadOnlyList<Adapter> Adapters(GuestRecord record, Life? life, IReadOnlyList<IoMessages.Counted> counted) =>
        record.Adapters.Count == 0 ? [] : [.. record.Adapters.Select(adapter => View(adapter, life, counted))];

    /// <param name="counted">What lightvm-io has counted, or nothing.</param>
    public static IReadOnlyList<Disk> Disks(GuestRecord record, Life? life, IReadOnlyList<IoMessages.Counted> counted) =>
        record.Disks.Count == 0 ? [] : [.. record.Disks.Select(disk => View(disk, life, counted))];

    public static Adapter View(AdapterRecord adapter, Life? life, IReadOnlyList<IoMessages.Counted> counted)
    {
        var key = new DeviceKey(NoxsType.Net, (ushort)adapter.Id);
        DeviceStatus? status = StatusOf(life, key);
        return new Adapter
        {
            Id = adapter.Id,
            Network = adapter.Network,
            Mac = adapter.Mac,
            Address = adapter.Address,
            Address6 = adapter.Address6,
            RateLimit = adapter.RateLimit,
            State = StateOf(life, status),
            Reachable = status is { State: NoxsState.Connected, Reachable: true },
            Counters = CountersOf(counted, key),
        };
    }

    public static Disk View(DiskRecord disk, Life? life, IReadOnlyList<IoMessages.Counted> counted)
    {
        var key = new DeviceKey(NoxsType.Block, (ushort)disk.Id);
        return new Disk
        {
            Id = disk.Id,
            Path = disk.Path,
            ReadOnly = disk.ReadOnly,
            Size = disk.Size,
            State = StateOf(life, StatusOf(life, key)),
            Counters = CountersOf(counted, key),
        };
    }

    private static DeviceStatus? StatusOf(Life? life, DeviceKey key) => life is { WantsAttached: true } ? life.Devices.Find(key) : null;

    private static DeviceState StateOf(Life? life, DeviceStatus? status)
    {
        if (life is not { WantsAttached: true })
        {
            return DeviceState.Detached;
        }

        return status?.State switch
        {
            null or NoxsState.Initialising or NoxsState.InitWait or NoxsState.Initialised => DeviceState.Waiting,
            NoxsState.Connected => DeviceState.Connected,
            NoxsState.Closing => DeviceState.Closing,
            _ => DeviceState.Closed,
        };
    }

    private static DeviceCounters? CountersOf(IReadOnlyList<IoMessages.Counted> counted, DeviceKey key)
    {
        foreach (IoMessages.Counted c in counted)
        {
            if (c.Type == key.Type && c.Id == key.Id)
            {
                return new DeviceCounters
                {
                    SentBytes = Number(c.SentBytes),
                    SentRequests = Number(c.SentRequests),
                    ReceivedBytes = Number(c.ReceivedBytes),
                    ReceivedRequests = Number(c.ReceivedRequests),
                    Flushes = Number(c.Flushes),
                    Errors = Number(c.Errors),
                    DroppedSpoofed = Number(c.DroppedSpoofed),
                    DroppedRate = Number(c.DroppedRate),
                    DroppedNoBuffer = Number(c.DroppedNoBuffer),
                    DroppedOther = Number(c.DroppedOther),
                };
            }
        }

        return null;
    }

    private static long Number(ulong value) => (long)Math.Min(value, long.MaxValue);
}
