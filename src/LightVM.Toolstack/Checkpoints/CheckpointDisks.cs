using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// What becomes of a guest's disks when it is saved and restored: memory and disks belong together, or it is said that they do not. The
/// caller holds the guest's gate.
/// </summary>
internal sealed class CheckpointDisks(ToolstackParts parts)
{
    /// <summary>
    /// Looks at the disks of a guest that stands still, once no I/O on them is left; those of one that is to run on are shared with the
    /// checkpoint where the file system can (reflink), else copied if that is wished.
    /// </summary>
    /// <exception cref="LightVMException">DiskInUse, DiskNotFound: one is not what it was, or its I/O does not end.</exception>
    /// <exception cref="IOException">A copy cannot be made.</exception>
    public IReadOnlyList<DiskMark> Take(ManagedGuest guest, string stem, bool keep, bool copy)
    {
        var marks = new List<DiskMark>();
        using OpenDisks open = parts.Disks.OpenAll(guest);
        foreach (OpenDisk disk in open.All)
        {
            DiskMark mark;
            try
            {
                mark = DiskMark.Of(disk.Record);
            }
            catch (XenException e)
            {
                throw Problems.FromXen(e, guest.Name);
            }

            if (!mark.ReadOnly)
            {
                // What the guest takes for written is to be there when its memory says so.
                RandomAccess.FlushToDisk(disk.File);
            }

            if (keep && !mark.ReadOnly && mark.Inode != 0)
            {
                mark = mark with { Copied = DiskCopy.TryShare(disk.Record.Path, parts.Checkpoints.DiskPathOf(stem, mark.Id)) };
                if (!mark.Copied && copy)
                {
                    DiskCopy.Run(disk.Record.Path, parts.Checkpoints.DiskPathOf(stem, mark.Id));
                    mark = mark with { Copied = true };
                }
            }

            marks.Add(mark);
        }

        return marks;
    }

    /// <summary>Refuses disks that moved on since; those that the checkpoint has copies of may.</summary>
    /// <exception cref="LightVMException">DiskChanged names one.</exception>
    public static void Check(StoredCheckpoint stored)
    {
        foreach (DiskMark mark in stored.Header.Disks.Where(mark => !mark.Copied))
        {
            if (mark.Difference() is { } how)
            {
                throw CheckpointProblems.DiskChanged(stored.Name, stored.Header.Guest.Name, mark.Path, how);
            }
        }
    }

    /// <summary>Puts the copies that a checkpoint has in the places of the disks: each is there whole, or as it was.</summary>
    /// <exception cref="IOException">A copy is gone, or there is no room.</exception>
    public void PutBack(StoredCheckpoint stored)
    {
        foreach (DiskMark mark in stored.Header.Disks.Where(mark => mark.Copied))
        {
            string copy = parts.Checkpoints.DiskPathOf(stored.Stem, mark.Id);
            string part = $"{mark.Path}.{Guid.NewGuid():N}.part";
            try
            {
                if (!DiskCopy.TryShare(copy, part))
                {
                    DiskCopy.Run(copy, part);
                }

                if (File.Exists(mark.Path))
                {
                    DiskCopy.LikeOwner(mark.Path, part);
                }

                File.Move(part, mark.Path, overwrite: true);
            }
            finally
            {
                File.Delete(part);
            }
        }
    }
}
