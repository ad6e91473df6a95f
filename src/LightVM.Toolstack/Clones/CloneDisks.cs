using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Disks of the clones of one request. What a guest can only read all share. Of what it can write to each gets a file of its own, beside the
/// source's: it shares the source's blocks where the file system can (reflink), else it is a sparse copy, if that is wished.
/// </summary>
/// <param name="wished">Whether disks may be copied.</param>
/// <param name="stored">The checkpoint that is cloned; null: a guest that runs.</param>
internal sealed class CloneDisks(ToolstackParts parts, bool wished, StoredCheckpoint? stored)
{
    /// <summary>Makes the files of a clone's disks, empty yet, and enters them into its record.</summary>
    /// <exception cref="LightVMException">InvalidState, InvalidArgument: there cannot be a second of a disk. DiskChanged.</exception>
    public void Reserve(ManagedGuest guest, GuestRecord source)
    {
        DiskRecord[] own = [.. source.Disks.Select(disk => disk.ReadOnly ? disk : disk with { Path = CloneRules.DiskPathOf(disk.Path, guest.Name) })];
        (DiskRecord From, DiskRecord To)[] copied = [.. source.Disks.Zip(own).Where(pair => !pair.First.ReadOnly)];
        if (copied.Length > 0)
        {
            var made = new List<string>();
            guest.MadeDisks = made;
            guest.Update(record => record with { DiskIntents = [.. copied.Select(pair => new DiskIntent { Path = pair.To.Path, Size = SizeOf(pair.From) })] });
            RequireFree(guest);
            parts.Records.Save(guest); // before there is a file: what is cut off from here on takes it away
            foreach ((DiskRecord from, DiskRecord to) in copied)
            {
                Make(guest.Name, source.Name, from, to, made);
            }

            guest.Update(record => record with { DiskIntents = [.. made.Select(DiskIntent.OfMade)] });
        }

        guest.Update(record => record with { Disks = own });
    }

    /// <summary>Fills the disks of the first clone while the source stands still: the others' are filled from those, before it runs.</summary>
    /// <exception cref="LightVMException">DiskInUse, DiskChanged.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public void FillFirst(ManagedGuest? source, GuestRecord record, ManagedGuest first)
    {
        using OpenDisks open = source is null ? OpenDisks.None : parts.Disks.OpenAll(source); // all I/O on them has ended then
        foreach (OpenDisk disk in open.All.Where(disk => !disk.Record.ReadOnly))
        {
            RandomAccess.FlushToDisk(disk.File);
        }

        foreach (DiskRecord disk in record.Disks.Where(disk => !disk.ReadOnly))
        {
            using OpenDisk? held = source is null && !IsCopied(disk) ? Hold(first, disk) : null;
            Fill(PathOf(disk), CloneRules.DiskPathOf(disk.Path, first.Name));
        }
    }

    /// <summary>Fills the disks of another clone from those of the first, which has not run.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public static void FillNext(ManagedGuest first, ManagedGuest next)
    {
        foreach ((DiskRecord from, DiskRecord to) in first.Record.Disks.Zip(next.Record.Disks).Where(pair => !pair.First.ReadOnly))
        {
            Fill(from.Path, to.Path);
        }
    }

    private static void Fill(string source, string target)
    {
        if (!DiskCopy.TryShareInto(source, target))
        {
            DiskCopy.RunInto(source, target);
        }
    }

    private static void RequireFree(ManagedGuest guest)
    {
        foreach (DiskIntent intent in guest.Record.DiskIntents.Where(intent => Path.Exists(intent.Path)))
        {
            guest.Update(record => record with { DiskIntents = [] });
            throw Problems.InvalidArgument(
                $"Guest '{guest.Name}': its disk would be '{intent.Path}', and something is there.", guest.Name, "Move that away, or give the clone another name.");
        }
    }

    private void Make(string clone, string source, DiskRecord from, DiskRecord to, List<string> made)
    {
        string path = PathOf(from);
        try
        {
            if (!DiskFile.Look(path).IsRegular)
            {
                throw Problems.InvalidState(
                    source,
                    $"Guest '{source}' cannot be cloned: it can write to its disk '{from.Path}', a block device, and those are not copied.",
                    "Make the disk read-only, or remove it first.");
            }

            if (!DiskFile.TryCreate(to.Path, SizeOf(from)))
            {
                throw Problems.InvalidArgument($"Guest '{clone}': its disk would be '{to.Path}', and something is there.", clone, "Give it another name.");
            }

            made.Add(to.Path);
            DiskCopy.LikeOwner(path, to.Path);
            // A try, so that a source is not made to stand still for nothing.
            if (!wished && !DiskCopy.TryShareInto(path, to.Path))
            {
                throw Problems.InvalidState(
                    source,
                    $"Guest '{source}' cannot be cloned: it can write to its disk '{from.Path}', and the file system there shares no blocks between files.",
                    "Have the disk copied with -CopyDisks, put it on a file system with reflinks (btrfs, XFS), or make it read-only.");
            }
        }
        catch (XenException e)
        {
            throw Problems.FromXen(e, clone);
        }
    }

    /// <summary>The disk itself, which the checkpoint counts on, while nobody writes to it.</summary>
    private OpenDisk Hold(ManagedGuest clone, DiskRecord disk)
    {
        OpenDisk held = Disks.TryOpen(clone, disk with { ReadOnly = true }) ?? throw new LightVMException(
            ErrorCodes.DiskInUse, $"Disk '{disk.Path}', as checkpoint '{stored!.Name}' knows it, is in use.", clone.Name, "Stop whoever uses it.");
        DiskMark mark = stored!.Header.Disks.First(mark => mark.Id == disk.Id);
        if (mark.Difference() is { } how)
        {
            held.Dispose();
            throw CheckpointProblems.DiskChanged(stored.Name, stored.Header.Guest.Name, mark.Path, how);
        }

        return held;
    }

    private string PathOf(DiskRecord disk) => IsCopied(disk) ? parts.Checkpoints.DiskPathOf(stored!.Stem, disk.Id) : disk.Path;

    private bool IsCopied(DiskRecord disk) => stored?.Header.Disks.Any(mark => mark.Id == disk.Id && mark.Copied) == true;

    private long SizeOf(DiskRecord disk)
    {
        try
        {
            return DiskFile.Look(PathOf(disk)).Size;
        }
        catch (XenException)
        {
            return disk.Size; // it is gone, which is said where it is opened
        }
    }
}
