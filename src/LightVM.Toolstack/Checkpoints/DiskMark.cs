using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>How a disk was when its guest was saved: what tells whether it has moved on. Immutable.</summary>
internal sealed record DiskMark
{
    /// <summary>Of the guest's <see cref="DiskRecord"/>.</summary>
    public int Id { get; init; }

    public required string Path { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes; of a block device 0.</summary>
    public long Size { get; init; }

    /// <summary>0: a block device, of which nothing tells whether it was written to.</summary>
    public ulong Inode { get; init; }

    /// <summary>When it was last written to, nanoseconds since 1970.</summary>
    public long WriteTime { get; init; }

    /// <summary>Whether the checkpoint has a copy of it, beside its file.</summary>
    public bool Copied { get; init; }

    /// <exception cref="XenException">With errno: it is not there.</exception>
    public static DiskMark Of(DiskRecord disk)
    {
        DiskFileInfo found = DiskFile.Look(disk.Path);
        return new DiskMark
        {
            Id = disk.Id,
            Path = disk.Path,
            ReadOnly = disk.ReadOnly,
            Size = found.Size,
            Inode = found.IsRegular ? found.Identity.Inode : 0,
            WriteTime = found.IsRegular ? found.WriteTime : 0,
        };
    }

    /// <summary>What has changed since, for a sentence; null: nothing.</summary>
    public string? Difference()
    {
        DiskMark now;
        try
        {
            now = Of(new DiskRecord { Id = Id, Path = Path, ReadOnly = ReadOnly });
        }
        catch (XenException e)
        {
            return e.ErrorNumber == Errno.ENOENT ? "is not there any more" : $"cannot be looked at ({e.Message})";
        }

        return now.Inode != Inode ? "is another file than it was"
            : now.Size != Size ? "has another size than it had"
            : now.WriteTime != WriteTime ? "was written to since"
            : null;
    }
}
