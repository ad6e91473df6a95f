using System.Runtime.InteropServices;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// What lightvm-io must not forget of a life although it may be killed: journals of disks, stores of stock kernels. Files under
/// /run, made here, for one life; their contents are lightvm-io's own (block_journal.h, store_file.h).
/// </summary>
internal sealed class DeviceFiles
{
    /// <summary>BLOCK_JOURNAL_SIZE of block_journal.h, bytes.</summary>
    public const int JournalSize = 4096 + (512 * 552);

    /// <summary>STORE_FILE_SIZE of store_file.h, bytes.</summary>
    public const int StoreSize = 512 << 10;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _journals;
    private readonly string _stores;

    public DeviceFiles(string runDirectory)
    {
        _journals = Directory.CreateDirectory(Path.Combine(runDirectory, "block"), OwnerOnly).FullName;
        _stores = Directory.CreateDirectory(Path.Combine(runDirectory, "store"), OwnerOnly).FullName;
    }

    /// <summary>An empty journal, for a disk that a life gets.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public SafeFileHandle NewJournal(Guid guest, int disk) => New(JournalPath(guest, disk), JournalSize);

    /// <summary>The journal of a disk that a life has.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public SafeFileHandle ReopenJournal(Guid guest, int disk) => LogFile.CreateOrOpen(JournalPath(guest, disk), JournalSize, out _);

    public void DeleteJournal(Guid guest, int disk) => File.Delete(JournalPath(guest, disk));

    /// <summary>The store of a new life: what lightvm-io finds of an earlier domain in it, it begins anew.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public SafeFileHandle NewStore(GuestRecord guest, uint domain)
    {
        SafeFileHandle file = LogFile.CreateOrOpen(StorePath(guest.Id), StoreSize, out _);
        try
        {
            StoreAbout about = StoreAbout.Of(guest, domain);
            LogFile.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<StoreAbout>(ref about)), 0);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">It cannot be opened.</exception>
    public SafeFileHandle ReopenStore(Guid guest) => LogFile.CreateOrOpen(StorePath(guest), StoreSize, out _);

    /// <summary>A life is over.</summary>
    public void EndLife(GuestRecord record, Life life)
    {
        foreach (DiskRecord disk in record.Disks)
        {
            DeleteJournal(record.Id, disk.Id);
        }

        if (life.StoreEventChannel != 0)
        {
            File.Delete(StorePath(record.Id));
        }
    }

    /// <summary>Deletes what lives and disks that are no more have left.</summary>
    /// <param name="living">The record of a guest that lives, or null.</param>
    public void DeleteOthers(Func<Guid, GuestRecord?> living)
    {
        foreach (string path in Directory.EnumerateFiles(_stores))
        {
            if (Find(Path.GetFileName(path), living) is null)
            {
                File.Delete(path);
            }
        }

        foreach (string path in Directory.EnumerateFiles(_journals))
        {
            string name = Path.GetFileName(path);
            bool kept = Find(name, living) is { } record && record.Disks.Any(disk => path == JournalPath(record.Id, disk.Id));
            if (!kept)
            {
                File.Delete(path); // lightvm-io may have it mapped, until it is told to let the disk go
            }
        }
    }

    /// <summary>By the guest's id, with which names of files begin.</summary>
    private static GuestRecord? Find(string name, Func<Guid, GuestRecord?> living)
    {
        const int idLength = 36;
        return name.Length >= idLength && Guid.TryParseExact(name[..idLength], "D", out Guid id) ? living(id) : null;
    }

    private static SafeFileHandle New(string path, long size)
    {
        SafeFileHandle file = LogFile.CreateOrOpen(path, size, out bool created);
        try
        {
            if (!created)
            {
                RandomAccess.SetLength(file, 0); // of a life that ended without us
                RandomAccess.SetLength(file, size);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private string JournalPath(Guid guest, int disk) => Path.Combine(_journals, $"{guest:D}-{disk}");

    private string StorePath(Guid guest) => Path.Combine(_stores, guest.ToString("D"));
}
