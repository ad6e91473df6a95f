namespace LightVM.Daemon.Tests;

internal static class Measurements
{
    /// <summary>A guest with two adapters, of which lightvm-io holds one, and a disk.</summary>
    public static GuestMeasurement Of(string name, double cpuMs = 0) => new()
    {
        Name = name,
        Id = Guid.NewGuid(),
        State = GuestState.Running,
        DomainId = 7,
        CpuTime = TimeSpan.FromMilliseconds(cpuMs),
        Memory = 4 << 20,
        Adapters =
        [
            new() { Id = 0, Network = "default", Mac = "", Counters = new() { SentBytes = 300, SentRequests = 3, ReceivedBytes = 200, ReceivedRequests = 2, DroppedRate = 5 } },
            new() { Id = 1, Network = "back", Mac = "" },
        ],
        Disks = [new() { Id = 0, Path = "/srv/a.img", Counters = new() { SentBytes = 4096, SentRequests = 1, ReceivedBytes = 512, ReceivedRequests = 1, Flushes = 9 } }],
    };
}
