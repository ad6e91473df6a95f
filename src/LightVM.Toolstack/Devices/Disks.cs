using System.Diagnostics;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// The files and block devices behind guests' disks. Who uses one holds its lock (flock): read-write alone, read-only together.
/// The lock belongs to the open file that lightvm-io gets, so it lives until the last I/O on that has ended.
/// </summary>
internal sealed class Disks(ToolstackParts parts)
{
    /// <summary>How long a start waits for I/O of an earlier life, or of a killed lightvm-io, to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>The record of a disk that a guest is to have. Makes its file where that is asked for.</summary>
    /// <param name="made">Takes its path if a file was made.</param>
    /// <exception cref="LightVMException">InvalidArgument, DiskNotFound.</exception>
    public static DiskRecord Define(string name, DiskDefinition definition, int id, int slot, List<string> made)
    {
        DeviceRules.CheckDisk(name, definition);
        string path = definition.Path;
        try
        {
            if (definition.Size > 0 && !definition.ReadOnly && DiskFile.TryCreate(path, definition.Size))
            {
                made.Add(path);
            }

            using SafeFileHandle file = DiskFile.Open(path, definition.ReadOnly, out long size, out int sectorSize, out _);
            CheckSize(name, path, size, sectorSize);
            return new DiskRecord { Id = id, Slot = slot, Path = path, ReadOnly = definition.ReadOnly, Size = size };
        }
        catch (XenException e) when (e.ErrorNumber == Errno.EBUSY)
        {
            // A block device that a guest uses, or that is mounted: whether it is free counts when it is attached.
            return new DiskRecord { Id = id, Slot = slot, Path = path, ReadOnly = definition.ReadOnly };
        }
        catch (XenException e)
        {
            throw Problem(name, path, definition.ReadOnly, e);
        }
    }

    /// <summary>Two disks of one guest that are the same file.</summary>
    /// <exception cref="LightVMException">DiskInUse.</exception>
    public static void CheckTwice(string name, IReadOnlyList<DiskRecord> disks)
    {
        for (int i = 1; i < disks.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (IsSame(disks[i].Path, disks[j].Path) && !(disks[i].ReadOnly && disks[j].ReadOnly))
                {
                    throw new LightVMException(
                        ErrorCodes.DiskInUse,
                        $"Guest '{name}': its disks {disks[j].Id} and {disks[i].Id} are the same, '{disks[i].Path}'.",
                        name,
                        "Give it each disk once, or read-only.");
                }
            }
        }
    }

    /// <summary>Opens and locks all disks of a guest.</summary>
    /// <exception cref="LightVMException">DiskInUse names who has it, DiskNotFound, InvalidArgument.</exception>
    public OpenDisks OpenAll(ManagedGuest guest)
    {
        GuestRecord record = guest.Record;
        if (record.Disks.Count == 0)
        {
            return OpenDisks.None;
        }

        var open = new OpenDisks();
        try
        {
            foreach (DiskRecord disk in record.Disks)
            {
                open.All.Add(Open(guest, disk));
            }

            return open;
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    /// <summary>Opens and locks a disk; waits a while for I/O that nobody of ours stands behind.</summary>
    /// <exception cref="LightVMException">DiskInUse names who has it, DiskNotFound, InvalidArgument.</exception>
    public OpenDisk Open(ManagedGuest guest, DiskRecord disk)
    {
        long begin = Stopwatch.GetTimestamp();
        if (FindSaved(guest, disk) is { } saved)
        {
            throw new LightVMException(
                ErrorCodes.DiskInUse,
                $"Guest '{guest.Name}': disk '{disk.Path}' is in use by guest '{saved}', which is saved and would find it changed.",
                guest.Name,
                "Restore that guest and stop it, or give its memory up with Stop-LightVM.");
        }

        while (true)
        {
            if (TryOpen(guest, disk) is { } open)
            {
                return open;
            }

            string? holder = FindHolder(guest, disk);
            if (holder is not null || Stopwatch.GetElapsedTime(begin) > Patience)
            {
                throw new LightVMException(
                    ErrorCodes.DiskInUse,
                    $"Guest '{guest.Name}': disk '{disk.Path}' is in use by {(holder is null ? "another program, or is mounted on the host" : $"guest '{holder}'")}.",
                    guest.Name,
                    holder is null ? "End that use, or attach it read-only everywhere." : "Remove it from that guest or stop that guest, or attach it read-only to both.");
            }

            Thread.Sleep(RetryInterval);
        }
    }

    /// <summary>Opens and locks a disk; null: it is locked.</summary>
    /// <exception cref="LightVMException">DiskNotFound, InvalidArgument.</exception>
    public static OpenDisk? TryOpen(ManagedGuest guest, DiskRecord disk)
    {
        SafeFileHandle? file = null;
        try
        {
            file = DiskFile.Open(disk.Path, disk.ReadOnly, out long size, out int sectorSize, out _);
            CheckSize(guest.Name, disk.Path, size, sectorSize);
            if (DiskFile.TryLock(file, shared: disk.ReadOnly))
            {
                var open = new OpenDisk { Record = disk, File = file, Size = size, SectorSize = sectorSize };
                file = null;
                return open;
            }

            return null;
        }
        catch (XenException e) when (e.ErrorNumber == Errno.EBUSY)
        {
            return null;
        }
        catch (XenException e)
        {
            throw Problem(guest.Name, disk.Path, disk.ReadOnly, e);
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static void CheckSize(string name, string path, long size, int sectorSize)
    {
        if (size < sectorSize)
        {
            throw Problems.InvalidArgument(
                $"Guest '{name}': disk '{path}' has {size} bytes, less than a sector of {sectorSize}.", name, "Give it a size: `truncate -s 1G FILE`, or the disk's Size.");
        }
    }

    private static bool IsSame(string a, string b)
    {
        try
        {
            return a == b || DiskFile.Look(a).Identity == DiskFile.Look(b).Identity;
        }
        catch (XenException)
        {
            return false; // one of them is not there, which is said where it is opened
        }
    }

    private static LightVMException Problem(string name, string path, bool readOnly, XenException e) => e.ErrorNumber switch
    {
        Errno.ENOENT => new LightVMException(
            ErrorCodes.DiskNotFound,
            $"Guest '{name}': there is no disk '{path}' on this host.",
            name,
            readOnly
                ? "Make it first: none is made for a guest that could not write to it. Paths are the host's."
                : "Make it first, or give the disk a Size and lightvmd makes a sparse file. Paths are the host's.",
            e),
        Errno.EINVAL => Problems.InvalidArgument(
            $"Guest '{name}': '{path}' is neither a file nor a block device.", name, "Give it a raw disk image or a block device of the host."),
        _ => new LightVMException(
            ErrorCodes.InvalidArgument, $"Guest '{name}': its disk cannot be used. {e.Message}", name, "Correct the path, or what lies there.", e),
    };

    /// <summary>Which saved guest counts on that disk. Nothing holds a lock for it.</summary>
    private string? FindSaved(ManagedGuest guest, DiskRecord disk) => parts.Guests.All.FirstOrDefault(other =>
        other != guest && other.Record is { State: GuestState.Saved } record && record.Disks.Any(held => !(held.ReadOnly && disk.ReadOnly) && IsSame(held.Path, disk.Path)))?.Name;

    /// <summary>Which running guest has that disk; not one that is about to let it go.</summary>
    private string? FindHolder(ManagedGuest guest, DiskRecord disk) => parts.Guests.All.FirstOrDefault(other =>
        other != guest && other.Life is { WantsAttached: true } && other.Record.Disks.Any(held => !(held.ReadOnly && disk.ReadOnly) && IsSame(held.Path, disk.Path)))?.Name;
}
