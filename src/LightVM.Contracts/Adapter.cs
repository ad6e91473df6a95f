namespace LightVM;

/// <summary>A network adapter of a guest. What <c>Get-LightVMNetworkAdapter</c> writes.</summary>
public sealed class Adapter
{
    /// <summary>From 0; stays while it is there.</summary>
    public int Id { get; init; }

    public required string Network { get; init; }

    public required string Mac { get; init; }

    /// <summary>IPv4, or null on a bridge of the user's.</summary>
    public string? Address { get; init; }

    public string? Address6 { get; init; }

    /// <summary>Bytes per second, each way; 0: no limit.</summary>
    public long RateLimit { get; init; }

    public DeviceState State { get; init; }

    /// <summary>Whether the guest has answered an ARP request on it in its present life.</summary>
    public bool Reachable { get; init; }

    /// <summary>Null unless they were asked for.</summary>
    public DeviceCounters? Counters { get; init; }

    /// <summary>Set by the client.</summary>
    public string? GuestName { get; set; }

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Address ?? Mac;
}
