namespace LightVM.Toolstack;

/// <summary>What is remembered of a network adapter. Immutable.</summary>
public sealed record AdapterRecord
{
    /// <summary>From 0; stays while it is there.</summary>
    public int Id { get; init; }

    /// <summary>Its control page in a guest with a device page, from 1.</summary>
    public int Slot { get; init; }

    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    public required string Mac { get; init; }

    /// <summary>IPv4; null on a bridge of the user's.</summary>
    public string? Address { get; init; }

    public string? Address6 { get; init; }

    /// <summary>Bytes per second, each way; 0: no limit.</summary>
    public long RateLimit { get; init; }

    /// <summary>
    /// Bytes: what its guest's present life was told when it got the adapter, and sends to its end, whatever becomes of the
    /// network's; 0: a record of an earlier lightvmd, or no life had it yet.
    /// </summary>
    public int Mtu { get; init; }

    /// <summary>The MTU that lightvm-io is to be told while the life lasts.</summary>
    /// <param name="network">Of its network, now.</param>
    internal int MtuOf(int network) => Math.Max(Mtu, network);
}
