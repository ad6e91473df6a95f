using System.Net;

namespace LightVM.Toolstack;

/// <summary>What one adapter of a guest has on a network: all that its IO_NET needs. Immutable.</summary>
public sealed record AddressLease
{
    public required Guid NetworkId { get; init; }

    public required string Network { get; init; }

    /// <summary>Name of the guest.</summary>
    public required string Guest { get; init; }

    public required MacAddress Mac { get; init; }

    /// <summary>IPv4; null on a bridge of the user's.</summary>
    public IPAddress? Address { get; init; }

    public int PrefixLength { get; init; }

    /// <summary>IPv6; null where the network has none.</summary>
    public IPAddress? Address6 { get; init; }

    public int Prefix6Length { get; init; }

    /// <summary>Whether its adapter is a TAP of its own on a bridge of the user's (<see cref="NetworkManager.CreateBridgeTap"/>).</summary>
    public bool OnBridge { get; init; }
}
