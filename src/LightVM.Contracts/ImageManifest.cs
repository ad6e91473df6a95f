using System.Security.Cryptography;
using System.Text.Json;

namespace LightVM;

/// <summary>image.json: what an image directory holds.</summary>
public sealed class ImageManifest
{
    public required string Name { get; init; }

    /// <summary>unikernel or linux.</summary>
    public required string Kind { get; init; }

    public required ImageFile Kernel { get; init; }

    public ImageFile? Ramdisk { get; init; }

    public string CommandLine { get; set; } = "";

    /// <summary>Bytes.</summary>
    public long MinimumMemory { get; init; }

    public bool ShutdownHandler { get; init; }

    /// <summary>Whether a guest of it gets an adapter on the network <c>default</c> unless adapters are given.</summary>
    public bool Network { get; init; }

    public string? Description { get; init; }

    /// <summary>Of an image that was built of packages: those that it has files of.</summary>
    public IReadOnlyList<ImagePackage>? Packages { get; init; }

    /// <summary>Ports that its application listens at.</summary>
    public IReadOnlyList<int>? Ports { get; init; }

    /// <summary>The same but for what is given.</summary>
    public ImageManifest With(string? name = null, long? minimumMemory = null, ImageFile? kernel = null) => new()
    {
        Name = name ?? Name,
        Kind = Kind,
        Kernel = kernel ?? Kernel,
        Ramdisk = Ramdisk,
        CommandLine = CommandLine,
        MinimumMemory = minimumMemory ?? MinimumMemory,
        ShutdownHandler = ShutdownHandler,
        Network = Network,
        Description = Description,
        Packages = Packages,
        Ports = Ports,
    };

    /// <summary>The image's digest: SHA-256 over the manifest as <see cref="LightVMJson"/> writes it, so over all its files: <c>sha256:…</c>.</summary>
    public string ComputeDigest() =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, LightVMJson.Default.ImageManifest)));
}
