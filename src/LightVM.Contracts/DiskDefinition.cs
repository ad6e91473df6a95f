namespace LightVM;

/// <summary>What a disk of a guest is to be.</summary>
public sealed class DiskDefinition
{
    /// <summary>A raw file or a block device of the host, an absolute path.</summary>
    public required string Path { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes of a new, sparse file to be made where there is none; 0: the file must be there.</summary>
    public long Size { get; init; }
}
