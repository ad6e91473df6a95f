using Xunit;

namespace LightVM.Tests;

public sealed class RatesNeedTwoMeasurements
{
    private static readonly Guid Id = Guid.NewGuid();

    [Fact]
    public void Of_the_same_domain()
    {
        GuestMeasurement now = At(second: 4, cpuMs: 1000, sent: 500, read: 50);
        now.SetRates(At(second: 2, cpuMs: 500, sent: 100, read: 10));
        Assert.Equal((25.0, 200.0, 0.0, 20.0, 0.0), (now.CpuPercent, now.NetworkSentRate, now.NetworkReceivedRate, now.DiskReadRate, now.DiskWrittenRate));
    }

    [Fact]
    public void A_guest_that_was_started_anew_has_none()
    {
        GuestMeasurement now = At(second: 4, cpuMs: 1000, sent: 500, domain: 8);
        now.SetRates(At(second: 2, cpuMs: 500, sent: 100, domain: 7));
        Assert.Equal(((double?)null, (double?)null), (now.CpuPercent, now.NetworkSentRate));
        now = At(second: 4, domain: null);
        now.SetRates(At(second: 2, domain: null));
        Assert.Null(now.CpuPercent);
    }

    [Fact]
    public void Counts_that_began_anew_have_none_and_processor_time_still_has()
    {
        GuestMeasurement now = At(second: 4, cpuMs: 1000, sent: 10);
        now.SetRates(At(second: 2, cpuMs: 500, sent: 100));
        Assert.Equal((25.0, (double?)null), (now.CpuPercent!.Value, now.NetworkSentRate));
    }

    [Fact]
    public void A_clock_that_stood_still_or_went_back_gives_none()
    {
        GuestMeasurement now = At(second: 2, cpuMs: 1000);
        now.SetRates(At(second: 2, cpuMs: 500));
        now.SetRates(At(second: 3, cpuMs: 500));
        Assert.Null(now.CpuPercent);
    }

    private static GuestMeasurement At(int second, int cpuMs = 0, long sent = 0, long read = 0, int? domain = 7) => new()
    {
        Name = "web",
        Id = Id,
        DomainId = domain,
        Time = DateTimeOffset.UnixEpoch.AddSeconds(second),
        CpuTime = TimeSpan.FromMilliseconds(cpuMs),
        Adapters = [new() { Network = "default", Mac = "", Counters = new() { SentBytes = sent } }, new() { Network = "back", Mac = "" }],
        Disks = [new() { Path = "/a", Counters = new() { ReceivedBytes = read } }],
    };
}
