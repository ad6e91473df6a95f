using System.Net;

namespace LightVM.Toolstack;

/// <summary>What struct io_network says of a network. Adapters get mtu, gateways and DNS server (the gateway) from it too.</summary>
public sealed record IoNetwork
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public bool Broadcast { get; init; }

    public bool Multicast { get; init; }

    public bool Isolated { get; init; }

    /// <summary>Bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>Of the TAP.</summary>
    public required MacAddress HostMac { get; init; }

    public IPAddress? Gateway { get; init; }

    public int PrefixLength { get; init; }

    public IPAddress? Gateway6 { get; init; }

    public int Prefix6Length { get; init; }

    /// <summary>Whether <see cref="Gateway"/> leads beyond the host; where not, guests need no default route.</summary>
    public bool Nat { get; init; }
}
