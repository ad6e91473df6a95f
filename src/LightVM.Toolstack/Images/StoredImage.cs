namespace LightVM.Toolstack;

/// <summary>An image as the host keeps it.</summary>
public sealed record StoredImage
{
    /// <summary>Over the canonical JSON of <see cref="Manifest"/>: <c>sha256:…</c>. See <see cref="ImageStore.DigestOf"/>.</summary>
    public required string Digest { get; init; }

    public required ImageManifest Manifest { get; init; }

    /// <summary>Digest of the ELF that came out of the manifest's kernel, where that is a bzImage; null: it is an ELF itself.</summary>
    public string? UnpackedKernel { get; init; }

    public DateTimeOffset ImportTime { get; init; }
}
