namespace LightVM;

/// <summary>One of the hosts that a fleet lives on, as each of them remembers it.</summary>
public sealed class FleetHost
{
    /// <summary>As the spec calls it.</summary>
    public required string Name { get; init; }

    /// <summary>How the spec's owner reaches it.</summary>
    public string Address { get; set; } = "";

    /// <summary>Names of the fleet's guests that are placed there.</summary>
    public IReadOnlyList<string> Guests { get; set; } = [];
}
