using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// A file that is about to be made for a disk, or was made for one that no answer has confirmed yet. Nothing was at its path when
/// it was recorded. What a kill leaves of it, the next start takes away. Immutable.
/// </summary>
public sealed record DiskIntent
{
    /// <summary>An absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>With <see cref="Inode"/> and <see cref="Birth"/>: which file was made. 0: it was not known yet whether one was.</summary>
    public ulong Device { get; init; }

    public ulong Inode { get; init; }

    /// <summary>When it was made, nanoseconds since 1970; 0: the file system does not know.</summary>
    public long Birth { get; init; }

    /// <summary>Of the disks that a definition asks for, those that would be made: nothing is at their paths.</summary>
    internal static IReadOnlyList<DiskIntent> Of(IEnumerable<DiskDefinition> disks) =>
        [.. disks.Where(disk => disk.Size > 0 && !disk.ReadOnly && IsFree(disk.Path)).Select(disk => new DiskIntent { Path = disk.Path, Size = disk.Size })];

    /// <summary>That file has been made.</summary>
    internal static DiskIntent OfMade(string path)
    {
        try
        {
            DiskFileInfo made = DiskFile.Look(path);
            return new DiskIntent { Path = path, Size = made.Size, Device = made.Identity.Device, Inode = made.Identity.Inode, Birth = made.Birth };
        }
        catch (XenException)
        {
            return new DiskIntent { Path = path }; // somebody has removed it already, which is said where it is opened
        }
    }

    /// <summary>
    /// Whether what lies at the path is what was made. Where a kill came between the making and its record, that is a file without
    /// any contents, of the size that it was to have or of none.
    /// </summary>
    internal bool IsOf(DiskFileInfo found) => found.IsRegular && (Inode != 0
        ? found.Identity == (Device, Inode) && found.Birth == Birth
        : found.Blocks == 0 && (found.Size == Size || found.Size == 0));

    private static bool IsFree(string path)
    {
        try
        {
            _ = DiskFile.Look(path);
            return false;
        }
        catch (XenException e)
        {
            return e.ErrorNumber == Errno.ENOENT;
        }
    }
}
