namespace LightVM.Client;

/// <summary>What a <see cref="GuestMove"/> may do.</summary>
public sealed class GuestMoveOptions
{
    /// <summary>Adapters get other addresses where the destination's network is another.</summary>
    public bool AcceptNewAddress { get; init; }

    /// <summary>Disks of the same path are the same disk on both hosts.</summary>
    public bool SharedDisks { get; init; }
}
