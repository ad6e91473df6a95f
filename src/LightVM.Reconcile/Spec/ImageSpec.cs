namespace LightVM.Reconcile;

/// <summary>An entry of <c>images:</c>.</summary>
public sealed class ImageSpec
{
    public required string Name { get; init; }

    public required SourceMark NameMark { get; init; }

    /// <summary>As written.</summary>
    public required string Path { get; init; }

    public required SourceMark PathMark { get; init; }

    /// <summary>Full path of the image's directory.</summary>
    public required string Directory { get; init; }

    /// <summary>The image's place in the document: <c>images[0]</c>.</summary>
    public required string Place { get; init; }

    /// <summary>The image's manifest; null until the references were checked.</summary>
    public ImageManifest? Manifest { get; internal set; }

    /// <summary>Digest of <see cref="Manifest"/>.</summary>
    public string? Digest { get; internal set; }
}
