namespace LightVM;

/// <summary>GET /v1/guests/{idOrName}/move: all that a destination has to know of a guest before anything is changed.</summary>
public sealed class MoveOffer
{
    public required Guest Guest { get; init; }

    /// <summary>Those that its adapters are on.</summary>
    public IReadOnlyList<Network> Networks { get; set; } = [];

    public IReadOnlyList<MoveDisk> Disks { get; set; } = [];

    /// <summary>Of the host.</summary>
    public string XenVersion { get; set; } = "";

    /// <summary>What the host's processors can do, in Linux' words.</summary>
    public IReadOnlyList<string> CpuFeatures { get; set; } = [];

    /// <summary>Whether the guest learns a new address by itself (a device page), or keeps what it has (a stock kernel).</summary>
    public bool LearnsAddresses { get; init; }

    /// <summary>Whether its image is copied while it runs; else it is faster to stop it first.</summary>
    public bool Live { get; init; }
}
