namespace LightVM.PowerShell;

/// <summary>An image whose kernel Optimize-TinyxImage has made smaller; piped into Import-LightVMImage, it is imported.</summary>
public sealed class TinyxOptimization
{
    public required string Name { get; init; }

    /// <summary>The directory that holds image.json, the kernel and the root file system.</summary>
    public required string LiteralPath { get; init; }

    /// <summary>Bytes of the kernel's file now.</summary>
    public long KernelSize { get; init; }

    /// <summary>By so many bytes it is smaller.</summary>
    public long KernelBytes { get; init; }

    /// <summary>By so many bytes the kernel's image in memory is smaller.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes.</summary>
    public long MinimumMemory { get; init; }

    /// <summary>Options that are off now.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>Options that were put back.</summary>
    public required IReadOnlyList<string> Kept { get; init; }

    /// <summary>What was tried, in order, with what it gained or why it stays.</summary>
    public required IReadOnlyList<TinyxOptionResult> Results { get; init; }

    public override string ToString() => LiteralPath;
}
