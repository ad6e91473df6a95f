using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Native;

/// <summary>Copies of disk files: shared with the original until one of them is written to (reflink), or sparse.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public static partial class DiskCopy
{
    private const nuint Clone = 0x40049409; // FICLONE
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int BufferSize = 1 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a copy that shares its blocks. False, and nothing is there: the file system cannot, or they lie on two.</summary>
    /// <exception cref="IOException">The copy cannot be made, or something is at its path.</exception>
    public static bool TryShare(string source, string copy)
    {
        using SafeFileHandle from = DiskFile.OpenToRead(source);
        bool shared;
        using (FileStream to = Create(copy))
        {
            shared = ioctl(to.SafeFileHandle, Clone, (int)from.DangerousGetHandle()) == 0;
            if (shared)
            {
                to.Flush(flushToDisk: true);
            }
        }

        if (!shared)
        {
            File.Delete(copy);
        }

        return shared;
    }

    /// <summary>Makes a sparse copy: what was never written takes no room. Synced. What fails leaves nothing.</summary>
    /// <exception cref="IOException">The copy cannot be made, or something is at its path.</exception>
    public static void Run(string source, string copy)
    {
        using SafeFileHandle from = DiskFile.OpenToRead(source);
        bool done = false;
        try
        {
            using FileStream to = Create(copy);
            Fill(source, from, to);
            done = true;
        }
        finally
        {
            if (!done)
            {
                File.Delete(copy);
            }
        }
    }

    /// <summary>Has a file that is there share all blocks of another. False, and it is as it was: the file system cannot, or they lie on two.</summary>
    /// <exception cref="IOException">One cannot be opened.</exception>
    public static bool TryShareInto(string source, string target)
    {
        using SafeFileHandle from = DiskFile.OpenToRead(source);
        using FileStream to = Reopen(target);
        bool shared = ioctl(to.SafeFileHandle, Clone, (int)from.DangerousGetHandle()) == 0;
        if (shared)
        {
            to.Flush(flushToDisk: true);
        }

        return shared;
    }

    /// <summary>Copies what was ever written of a file into one that is there, whose contents go.</summary>
    /// <exception cref="IOException">There is no room, or one cannot be opened.</exception>
    public static void RunInto(string source, string target)
    {
        using SafeFileHandle from = DiskFile.OpenToRead(source);
        using FileStream to = Reopen(target);
        to.SetLength(0);
        Fill(source, from, to);
    }

    /// <summary>Gives a file the owner, group and mode of another.</summary>
    public static void LikeOwner(string model, string file)
    {
        File.SetUnixFileMode(file, File.GetUnixFileMode(model));
        (uint user, uint group) = DiskFile.Owner(model);
        if (chown(file, user, group) != 0)
        {
            throw new IOException($"'{file}' cannot be given to the owner of '{model}': {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static void Fill(string source, SafeFileHandle from, FileStream to)
    {
        long length = RandomAccess.GetLength(from);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        for (long at = lseek(from, 0, SeekData); at >= 0 && at < length;)
        {
            long end = lseek(from, at, SeekHole);
            for (end = end < 0 ? length : end; at < end;)
            {
                int count = RandomAccess.Read(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
                if (count == 0)
                {
                    throw new EndOfStreamException($"'{source}' became shorter while it was copied.");
                }

                RandomAccess.Write(to.SafeFileHandle, buffer.AsSpan(0, count), at);
                at += count;
            }

            at = lseek(from, at, SeekData);
        }

        RandomAccess.SetLength(to.SafeFileHandle, length);
        to.Flush(flushToDisk: true);
    }

    private static FileStream Reopen(string path) => new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);

    private static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        BufferSize = 0,
        UnixCreateMode = OwnerOnly,
    });

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, int from);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);
}
