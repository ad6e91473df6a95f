namespace LightVM;

/// <summary>A network of a host. What <c>Get-LightVMNetwork</c> writes.</summary>
public sealed class Network
{
    /// <summary>Unique on its host; an RFC 1123 label in lower case. Every host has <c>default</c>.</summary>
    public required string Name { get; init; }

    public required Guid Id { get; init; }

    /// <summary>IPv4 pool, or null on a bridge of the user's.</summary>
    public string? Subnet { get; init; }

    /// <summary>The host's IPv4 address on it: gateway and DNS server of its guests; or null.</summary>
    public string? Gateway { get; init; }

    public string? Subnet6 { get; init; }

    public string? Gateway6 { get; init; }

    /// <summary>Bytes.</summary>
    public int Mtu { get; set; } = 1500;

    public bool Dhcp { get; init; }

    public bool Nat { get; init; }

    public bool Broadcast { get; init; }

    public bool Multicast { get; init; }

    public bool Isolated { get; init; }

    public string? Bridge { get; init; }

    public int Vlan { get; init; }

    public bool Trusted { get; init; }

    /// <summary>The host's interface that leads to it (a TAP of ours, or the bridge).</summary>
    public string Interface { get; set; } = "";

    /// <summary>Adapters that are on it.</summary>
    public int AdapterCount { get; init; }

    /// <summary>Addresses that can still be given out.</summary>
    public int FreeAddresses { get; init; }

    public string? Fleet { get; init; }

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Name;
}
