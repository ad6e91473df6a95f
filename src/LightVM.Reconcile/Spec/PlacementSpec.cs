namespace LightVM.Reconcile;

/// <summary>The <c>placement:</c> of a guest: which hosts may have it, and which gets it.</summary>
public sealed record PlacementSpec
{
    public PlacementStrategy Strategy { get; init; }

    /// <summary>Name of the one host that may have it; null: any.</summary>
    public string? Host { get; init; }

    /// <summary>Labels that a host must have.</summary>
    public IReadOnlyDictionary<string, string> HostLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of labels: it is not put on a host that has a guest of the fleet with the same value of one of them.</summary>
    public IReadOnlyList<string> AntiAffinity { get; init; } = [];

    /// <summary>Where the value of each key that is there begins.</summary>
    public IReadOnlyDictionary<string, SourceMark> Marks { get; init; } = new Dictionary<string, SourceMark>();

    /// <summary>Whether a host may have it at all, whatever else is there.</summary>
    public bool Allows(string name, IReadOnlyDictionary<string, string> labels) =>
        (Host is null || Host == name) && HostLabels.All(label => labels.TryGetValue(label.Key, out string? value) && value == label.Value);
}
