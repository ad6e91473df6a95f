namespace LightVM.PowerShell;

/// <summary>What became of kernel options that Optimize-TinyxImage tried together.</summary>
public sealed class TinyxOptionResult
{
    /// <summary>Their names: CONFIG_X.</summary>
    public required IReadOnlyList<string> Option { get; init; }

    /// <summary>Whether they are off now.</summary>
    public bool Removed { get; init; }

    /// <summary>By so many bytes the kernel's file is smaller without them.</summary>
    public long KernelBytes { get; init; }

    /// <summary>By so many bytes its image in memory is smaller.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>What the image does not do without them; null if they are off.</summary>
    public string? Reason { get; init; }

    public override string ToString() => string.Join(", ", Option);
}
