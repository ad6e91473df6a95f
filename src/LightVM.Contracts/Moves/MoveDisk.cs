namespace LightVM;

/// <summary>A disk of a guest that is to be moved, as its host sees it.</summary>
public sealed class MoveDisk
{
    public required string Path { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes; of a block device 0.</summary>
    public long Size { get; init; }

    /// <summary>The file's number in its file system, which is the same wherever a shared one is mounted; 0: a block device.</summary>
    public ulong Inode { get; init; }
}
