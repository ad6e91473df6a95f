namespace LightVM.Reconcile;

/// <summary>An entry of <c>pool:</c>.</summary>
public sealed class PoolSpec
{
    public required string Image { get; init; }

    /// <summary>Bytes, or null: the image's minimum.</summary>
    public long? Memory { get; init; }

    public int VCpuCount { get; init; } = 1;

    /// <summary>Adapters and disks together, or null: those that the image brings along.</summary>
    public int? Devices { get; init; }

    public required int Count { get; init; }

    /// <summary>Where the entry begins.</summary>
    public required SourceMark Mark { get; init; }

    /// <summary>Where the value of each key that is there begins.</summary>
    public IReadOnlyDictionary<string, SourceMark> Marks { get; init; } = new Dictionary<string, SourceMark>();

    /// <summary>Its place in the document: <c>pool[0]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Where the value of a key is, or the entry where the key is not there.</summary>
    public SourceMark MarkOf(string key) => Marks.TryGetValue(key, out SourceMark mark) ? mark : Mark;
}
