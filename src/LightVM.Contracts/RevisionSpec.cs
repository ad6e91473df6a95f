namespace LightVM;

/// <summary>A spec as it was when it was applied: its text, and what the text refers to beside it.</summary>
public sealed class RevisionSpec
{
    /// <summary>Bytes of it on the wire; a larger one is not kept.</summary>
    public const int MaxSize = 3 << 20;

    /// <summary>The spec file's text.</summary>
    public required string Text { get; init; }

    /// <summary>Contents of the local files that guests are given, by their full paths.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; set; } = new Dictionary<string, byte[]>();
}
