namespace LightVM.PowerShell;

/// <summary>An image that Build-TinyxImage made; piped into Import-LightVMImage, it is imported.</summary>
public sealed class TinyxImage
{
    public required string Name { get; init; }

    /// <summary>The directory that holds image.json, the kernel and the root file system.</summary>
    public required string LiteralPath { get; init; }

    /// <summary>Bytes of the kernel and the root file system, as they are sent to a host.</summary>
    public long Size { get; init; }

    /// <summary>Of that, the kernel; bytes.</summary>
    public long KernelSize { get; init; }

    /// <summary>Bytes of the root file system's files once they are unpacked in the guest.</summary>
    public long RootSize { get; init; }

    /// <summary>Bytes.</summary>
    public long MinimumMemory { get; init; }

    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>Those that it has files of.</summary>
    public IReadOnlyList<ImagePackage> Packages { get; init; } = [];

    public override string ToString() => LiteralPath;
}
