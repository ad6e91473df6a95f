namespace LightVM;

/// <summary>What a network is to be: PUT /v1/networks/{name}.</summary>
public sealed class NetworkDefinition
{
    /// <summary>IPv4 pool, <c>10.118.0.0/20</c>: its first address is the host's, guests get the others. Null: a free one of the host's own range.</summary>
    public string? Subnet { get; init; }

    /// <summary>IPv6 prefix, <c>fd00:1:2:3::/64</c>; guests' addresses are made of it and their MAC. Null: one is derived from the name. Empty: no IPv6.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>Bytes.</summary>
    public int Mtu { get; set; } = 1500;

    /// <summary>Whether dnsmasq answers DHCP, router solicitations and names on it.</summary>
    public bool Dhcp { get; set; } = true;

    /// <summary>Whether guests reach what lies beyond the host, by masquerading.</summary>
    public bool Nat { get; set; } = true;

    /// <summary>Whether broadcasts other than ARP and DHCP reach all members; else they are dropped and counted.</summary>
    public bool Broadcast { get; set; }

    /// <summary>Whether multicasts other than neighbour discovery reach all members; else they are dropped and counted.</summary>
    public bool Multicast { get; set; }

    /// <summary>Whether guests reach the host and what is behind it, but not each other.</summary>
    public bool Isolated { get; set; }

    /// <summary>
    /// A bridge of the user's own (an interface of the host): each adapter then is a TAP of its own on it, and the host's
    /// addresses, DHCP and names are the bridge owner's. Null: the network is a switch of ours.
    /// </summary>
    public string? Bridge { get; init; }

    /// <summary>VLAN tag of its adapters on <see cref="Bridge"/>, 1 to 4094; 0: untagged.</summary>
    public int Vlan { get; init; }

    /// <summary>
    /// Whether what guests send on <see cref="Bridge"/> is not checked: for routers, DHCP servers, and guests with guests of their own.
    /// Else frames with a MAC that is not the adapter's, answers of DHCP, router advertisements and VLAN tags are dropped and counted.
    /// </summary>
    public bool Trusted { get; set; }

    /// <summary>The fleet that is to own it, or null.</summary>
    public string? Fleet { get; init; }
}
