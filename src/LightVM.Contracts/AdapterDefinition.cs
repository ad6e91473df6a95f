namespace LightVM;

/// <summary>What a network adapter of a guest is to be.</summary>
public sealed class AdapterDefinition
{
    /// <summary>Name of the network.</summary>
    public string Network { get; set; } = "default";

    /// <summary><c>02:1c:7b:00:00:01</c>; null: derived from the guest's and the network's name, stable.</summary>
    public string? Mac { get; init; }

    /// <summary>IPv4 address of the network's pool; null: derived from the guest's name, stable, the next free one if it is taken.</summary>
    public string? Address { get; init; }

    /// <summary>Bytes per second, each way, 1,000 or more; 0: no limit.</summary>
    public long RateLimit { get; init; }
}
