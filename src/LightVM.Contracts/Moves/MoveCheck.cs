namespace LightVM;

/// <summary>POST /v1/moves/check: whether a host could take a guest.</summary>
public sealed class MoveCheck
{
    public required MoveOffer Offer { get; init; }

    /// <summary>Adapters may get other addresses here.</summary>
    public bool AcceptNewAddress { get; init; }

    /// <summary>Disks of the same path are the same disk on both hosts, says the caller.</summary>
    public bool SharedDisks { get; init; }
}
