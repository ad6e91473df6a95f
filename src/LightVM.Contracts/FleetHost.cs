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

    /// <summary>Whether two lists say the same, in the same order.</summary>
    public static bool AreSame(IReadOnlyList<FleetHost> one, IReadOnlyList<FleetHost> other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Count == other.Count && one.Zip(other).All(pair =>
            (pair.First.Name, pair.First.Address) == (pair.Second.Name, pair.Second.Address) && pair.First.Guests.SequenceEqual(pair.Second.Guests));
    }
}
