namespace LightVM.Toolstack;

/// <summary>A kind of shells that is to be kept ready, as it is remembered. Immutable.</summary>
public sealed record PoolFlavourRecord
{
    /// <summary>Name of the image; what it points to now is built.</summary>
    public required string Image { get; init; }

    /// <summary>Name of the checkpoint that they are restored from, for clones; null: they are built from the image.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Bytes.</summary>
    public required long Memory { get; init; }

    public int VCpuCount { get; init; } = 1;

    /// <summary>Adapters and disks that its guests have at their start.</summary>
    public int Devices { get; init; }

    /// <summary>How many are to be ready.</summary>
    public int Count { get; init; }

    /// <summary>The fleet that wants it, or null.</summary>
    public string? Fleet { get; init; }

    /// <summary>Whether it is the same kind of shell, whatever the count and the owner.</summary>
    public bool IsSameAs(PoolFlavourRecord other) =>
        Checkpoint == other.Checkpoint && (Checkpoint is not null || (Image == other.Image && Memory == other.Memory && VCpuCount == other.VCpuCount && Devices == other.Devices));
}
