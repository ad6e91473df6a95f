namespace LightVM.Reconcile;

/// <summary>What an image is built of, as a recipe says it: the parameters of Build-TinyxImage. Its paths are absolute.</summary>
public sealed class RecipeSpec
{
    /// <summary>The file that it stands in, as the user gave that or as the spec leads to it.</summary>
    public required string File { get; init; }

    /// <summary>Its place in the document; empty: the document itself.</summary>
    public required string Place { get; init; }

    public required SourceMark Mark { get; init; }

    public IReadOnlyList<string> Packages { get; init; } = [];

    public IReadOnlyList<string> Paths { get; init; } = [];

    public string? OciLayout { get; init; }

    /// <summary>Empty: what the OCI image says.</summary>
    public string Command { get; init; } = "";

    public string? User { get; init; }

    /// <summary>Null: what the OCI image says, else <c>/</c>.</summary>
    public string? WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public bool Restart { get; init; }

    public IReadOnlyList<int> Ports { get; init; } = [];

    public IReadOnlyList<string> Features { get; init; } = [];

    public IReadOnlyList<string> Keep { get; init; } = [];

    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>Bytes; null: what is reckoned.</summary>
    public long? MinimumMemory { get; init; }

    public string? Description { get; init; }

    /// <summary>Values that an error of the builder can be about, and where each stands.</summary>
    internal IReadOnlyList<RecipeValue> Values { get; init; } = [];

    /// <summary><c>file:line</c></summary>
    public override string ToString() => Place.Length == 0 ? File : $"{File}:{Mark.Line}";
}
