namespace LightVM.Reconcile;

/// <summary>An entry of <c>images:</c>: a directory, or a recipe that one is built of.</summary>
public sealed class ImageSpec
{
    /// <summary>A regular expression of digests.</summary>
    public const string DigestPattern = "^sha256:[0-9a-f]{64}$";

    public required string Name { get; init; }

    public required SourceMark NameMark { get; init; }

    /// <summary>The directory as written; null: the image is made of a recipe.</summary>
    public string? Path { get; init; }

    /// <summary>Where its path stands, or its recipe.</summary>
    public required SourceMark PathMark { get; init; }

    /// <summary>Full path of the image's directory; of one of a recipe empty until it is there.</summary>
    public string Directory { get; internal set; } = "";

    /// <summary>The recipe's file as written; null: there is none.</summary>
    public string? RecipePath { get; init; }

    /// <summary>What it is built of; of one in a file null until the references were checked.</summary>
    public RecipeSpec? Recipe { get; internal set; }

    /// <summary>The digest that the image must have; null: any.</summary>
    public string? Pinned { get; init; }

    /// <summary>Where that stands.</summary>
    public SourceMark PinnedMark { get; init; }

    /// <summary>The image's place in the document: <c>images[0]</c>.</summary>
    public required string Place { get; init; }

    /// <summary>The image's manifest; null until the references were checked, and of one of a recipe until it is built.</summary>
    public ImageManifest? Manifest { get; internal set; }

    /// <summary>Digest of <see cref="Manifest"/>.</summary>
    public string? Digest { get; internal set; }

    /// <summary>Place of what says where it comes from: <c>images[0].path</c>.</summary>
    internal string SourcePlace => $"{Place}.{(Path is null ? "recipe" : "path")}";

    /// <summary>It is there; one that is not what the spec says it is, is a finding.</summary>
    internal void Take(ImageManifest manifest, FindingList findings, string? directory = null)
    {
        Manifest = manifest;
        Digest = manifest.ComputeDigest();
        Directory = directory ?? Directory;
        if (Pinned is not null && Pinned != Digest)
        {
            findings.Add(PinnedMark, $"{Place}.digest", $"image '{Name}' has another digest: {Digest}", "the digest of the image that is meant, or no 'digest'");
        }
    }
}
