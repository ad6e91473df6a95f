namespace LightVM.Toolstack;

/// <summary>All that is remembered of a network. What the host has of it (TAP, rules, dnsmasq) follows from this. Immutable.</summary>
public sealed record NetworkRecord
{
    public required string Name { get; init; }

    public required Guid Id { get; init; }

    /// <summary>IPv4 pool, <c>10.118.0.0/20</c>; null on a bridge of the user's.</summary>
    public string? Subnet { get; init; }

    /// <summary>IPv6 prefix, always /64; null: none.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>Bytes.</summary>
    public int Mtu { get; init; } = 1500;

    public bool Dhcp { get; init; }

    public bool Nat { get; init; }

    public bool Broadcast { get; init; }

    public bool Multicast { get; init; }

    public bool Isolated { get; init; }

    public string? Bridge { get; init; }

    public int Vlan { get; init; }

    /// <summary>What guests send on the bridge is not checked.</summary>
    public bool Trusted { get; init; }

    /// <summary>The TAP of it, or the bridge.</summary>
    public required string Interface { get; init; }

    public string? Fleet { get; init; }

    /// <summary>The same network with all that a definition says of itself; what it may leave out (subnets, the interface) stays.</summary>
    public NetworkRecord As(NetworkDefinition definition)
    {
        bool bridged = definition.Bridge is not null;
        return this with
        {
            Mtu = definition.Mtu,
            Dhcp = !bridged && definition.Dhcp,
            Nat = !bridged && definition.Nat,
            Broadcast = definition.Broadcast,
            Multicast = definition.Multicast,
            Isolated = definition.Isolated,
            Bridge = definition.Bridge,
            Vlan = definition.Vlan,
            Trusted = definition.Trusted,
            Fleet = string.IsNullOrEmpty(definition.Fleet) ? null : definition.Fleet,
        };
    }
}
