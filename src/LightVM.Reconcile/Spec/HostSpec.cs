namespace LightVM.Reconcile;

/// <summary>An entry of <c>hosts:</c>.</summary>
public sealed class HostSpec
{
    /// <summary>What plans and results call it.</summary>
    public required string Name { get; init; }

    /// <summary>How it is reached, as <c>Connect-LightVMHost</c> takes it: the name where the spec gives none.</summary>
    public required string Address { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public required SourceMark Mark { get; init; }

    public IReadOnlyDictionary<string, SourceMark> Marks { get; init; } = new Dictionary<string, SourceMark>();

    /// <summary>Its place in the document: <c>hosts[0]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Where the value of a key is, or the entry where the key is not there.</summary>
    public SourceMark MarkOf(string key) => Marks.TryGetValue(key, out SourceMark mark) ? mark : Mark;
}
