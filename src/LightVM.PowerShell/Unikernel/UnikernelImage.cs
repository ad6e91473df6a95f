namespace LightVM.PowerShell;

/// <summary>An image that Build-LightVMUnikernel made; piped into Import-LightVMImage, it is imported.</summary>
public sealed class UnikernelImage
{
    public required string Name { get; init; }

    /// <summary>The directory that holds image.json and kernel.elf.</summary>
    public required string LiteralPath { get; init; }

    /// <summary>Of the kernel, in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Bytes.</summary>
    public long MinimumMemory { get; init; }

    public bool Network { get; init; }

    public override string ToString() => LiteralPath;
}
