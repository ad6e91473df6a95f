using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>
/// What a guest uses and has done, at one moment. What <c>Measure-LightVM</c> writes. Counts of devices are since lightvm-io attached
/// them, so they begin at 0 again where it was restarted; processor time is of the present domain.
/// </summary>
public sealed class GuestMeasurement
{
    /// <summary>The guest's name.</summary>
    public required string Name { get; init; }

    public required Guid Id { get; init; }

    public GuestState State { get; init; }

    /// <summary>When it was measured, by its host's clock.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Xen's number of its present domain; null: it has none, so it uses neither processor nor memory.</summary>
    public int? DomainId { get; init; }

    [JsonPropertyName("vcpuCount")]
    public int VCpuCount { get; set; } = 1;

    /// <summary>Processor time that its vCPUs have used, together. On the wire: <c>cpuTimeMs</c>.</summary>
    [JsonPropertyName("cpuTimeMs"), JsonConverter(typeof(MillisecondsConverter))]
    public TimeSpan CpuTime { get; init; }

    /// <summary>Bytes of the host's memory that it has now.</summary>
    public long Memory { get; init; }

    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>With their counters, which are null where lightvm-io does not hold them.</summary>
    public IReadOnlyList<Adapter> Adapters { get; set; } = [];

    /// <summary>With their counters, which are null where lightvm-io does not hold them.</summary>
    public IReadOnlyList<Disk> Disks { get; set; } = [];

    /// <summary>Bytes that it has sent, by all adapters.</summary>
    [JsonIgnore]
    public long NetworkSentBytes => Sum(Adapters, static c => c.SentBytes);

    /// <summary>Bytes that it has received, by all adapters.</summary>
    [JsonIgnore]
    public long NetworkReceivedBytes => Sum(Adapters, static c => c.ReceivedBytes);

    /// <summary>Frames that it has sent.</summary>
    [JsonIgnore]
    public long NetworkSentPackets => Sum(Adapters, static c => c.SentRequests);

    /// <summary>Frames that it has received.</summary>
    [JsonIgnore]
    public long NetworkReceivedPackets => Sum(Adapters, static c => c.ReceivedRequests);

    /// <summary>Frames from it and to it that were dropped, for whatever reason.</summary>
    [JsonIgnore]
    public long NetworkDroppedPackets => Sum(Adapters, static c => c.DroppedSpoofed + c.DroppedRate + c.DroppedNoBuffer + c.DroppedOther);

    /// <summary>Bytes that it has read, from all disks.</summary>
    [JsonIgnore]
    public long DiskReadBytes => Sum(Disks, static c => c.ReceivedBytes);

    /// <summary>Bytes that it has written.</summary>
    [JsonIgnore]
    public long DiskWrittenBytes => Sum(Disks, static c => c.SentBytes);

    /// <summary>Reads of its disks.</summary>
    [JsonIgnore]
    public long DiskReads => Sum(Disks, static c => c.ReceivedRequests);

    /// <summary>Writes to its disks.</summary>
    [JsonIgnore]
    public long DiskWrites => Sum(Disks, static c => c.SentRequests);

    /// <summary>What of one processor it used between two measurements: 200 is two of them, wholly. Null: there was no earlier one of this domain. Set by the client.</summary>
    [JsonIgnore]
    public double? CpuPercent { get; set; }

    /// <summary>Bytes per second between two measurements; null as above, or counting has begun anew. Set by the client.</summary>
    [JsonIgnore]
    public double? NetworkSentRate { get; set; }

    /// <inheritdoc cref="NetworkSentRate"/>
    [JsonIgnore]
    public double? NetworkReceivedRate { get; set; }

    /// <inheritdoc cref="NetworkSentRate"/>
    [JsonIgnore]
    public double? DiskReadRate { get; set; }

    /// <inheritdoc cref="NetworkSentRate"/>
    [JsonIgnore]
    public double? DiskWrittenRate { get; set; }

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }

    /// <summary>Sets the rates, from an earlier measurement of the same domain.</summary>
    public void SetRates(GuestMeasurement earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        TimeSpan elapsed = Time - earlier.Time;
        if (DomainId is null || DomainId != earlier.DomainId || Id != earlier.Id || elapsed <= TimeSpan.Zero)
        {
            return;
        }

        double? Rate(long before, long now) => now < before ? null : (now - before) / elapsed.TotalSeconds;
        CpuPercent = CpuTime < earlier.CpuTime ? null : 100 * (CpuTime - earlier.CpuTime) / elapsed;
        NetworkSentRate = Rate(earlier.NetworkSentBytes, NetworkSentBytes);
        NetworkReceivedRate = Rate(earlier.NetworkReceivedBytes, NetworkReceivedBytes);
        DiskReadRate = Rate(earlier.DiskReadBytes, DiskReadBytes);
        DiskWrittenRate = Rate(earlier.DiskWrittenBytes, DiskWrittenBytes);
    }

    public override string ToString() => Name;

    private static long Sum(IReadOnlyList<Adapter> adapters, Func<DeviceCounters, long> count) => adapters.Sum(adapter => adapter.Counters is { } counters ? count(counters) : 0);

    private static long Sum(IReadOnlyList<Disk> disks, Func<DeviceCounters, long> count) => disks.Sum(disk => disk.Counters is { } counters ? count(counters) : 0);
}
