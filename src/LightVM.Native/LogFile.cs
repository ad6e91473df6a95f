using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Native;

/// <summary>
/// A file by the bare system calls. .NET's own make two or three more for each (locks, kinds, lengths), which counts where a
/// file is made for each guest that is created.
/// </summary>
public static unsafe partial class LogFile
{
    private const int ReadWriteCloseOnExec = 0x2 | 0x80000;
    private const int CreateNew = 0x40 | 0x80;
    private const uint OwnerOnly = 0x180; // 0600

    /// <summary>Makes a sparse file of that size, for its owner only, or opens the one that is there.</summary>
    /// <exception cref="IOException">Neither is possible.</exception>
    public static SafeFileHandle CreateOrOpen(string path, long size, out bool created)
    {
        int descriptor = Open(path, ReadWriteCloseOnExec | CreateNew);
        created = descriptor >= 0;
        if (!created)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EEXIST)
            {
                throw Failure("created", path);
            }

            return TryOpen(path) ?? throw Failure("opened", path);
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (ftruncate(descriptor, size) != 0)
        {
            IOException failure = Failure("sized", path);
            file.Dispose();
            throw failure;
        }

        return file;
    }

    /// <summary>Opens a file to read and write; null: there is none.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle? TryOpen(string path)
    {
        int descriptor = Open(path, ReadWriteCloseOnExec);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        return Marshal.GetLastPInvokeError() == Errno.ENOENT ? null : throw Failure("opened", path);
    }

    /// <exception cref="IOException">Not all of it could be written.</exception>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            if (pwrite(file, start, (nuint)bytes.Length, offset) != bytes.Length)
            {
                throw Failure("written", "a console log");
            }
        }
    }

    private static int Open(string path, int flags)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* name = bytes)
        {
            return open(name, flags, OwnerOnly);
        }
    }

    private static IOException Failure(string what, string path) =>
        new($"'{path}' could not be {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle file, byte* bytes, nuint count, long offset);
}
