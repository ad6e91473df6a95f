namespace LightVM;

/// <summary>image.json: what an image directory holds.</summary>
public sealed class ImageManifest
{
    public required string Name { get; init; }

    /// <summary>unikernel or linux.</summary>
    public required string Kind { get; init; }

    public required ImageFile Kernel { get; init; }

    public ImageFile? Ramdisk { get; init; }

    public string CommandLine { get; init; } = "";

    /// <summary>Bytes.</summary>
    public long MinimumMemory { get; init; }

    public bool ShutdownHandler { get; init; }

    public string? Description { get; init; }
}
