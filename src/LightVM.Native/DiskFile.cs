using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Native;

/// <summary>
/// Files and block devices that back a guest's disk, by the bare system calls: .NET's own take a lock of their own on what they
/// open, and know neither O_DIRECT nor block devices.
/// </summary>
public static unsafe partial class DiskFile
{
    /// <summary>Bytes: the unit of a disk's size, and of most disks' sectors.</summary>
    public const int SectorSize = 512;

    private const int ReadOnlyFlag = 0;
    private const int ReadWriteFlag = 0x2;
    private const int CreateNew = 0x40 | 0x80;
    private const int Direct = 0x4000;
    private const int Exclusive = 0x80; // of a block device: not while it is mounted, or somebody else's so
    private const int CloseOnExec = 0x80000;
    private const uint OwnerOnly = 0x180; // 0600
    private const int WorkingDirectory = -100;
    private const uint BasicFields = 0x7ff;
    private const uint BirthTime = 0x800;
    private const uint DirectAlignment = 0x2000;
    private const ushort TypeMask = 0xf000;
    private const ushort RegularFile = 0x8000;
    private const ushort BlockDevice = 0x6000;
    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int SeekEnd = 2;
    private const nuint GetSectorSize = 0x1268; // BLKSSZGET

    /// <summary>What lies at a path.</summary>
    /// <exception cref="XenException">With errno: ENOENT, EACCES…</exception>
    public static DiskFileInfo Look(string path)
    {
        Statx found = Stat(path);
        return new DiskFileInfo(
            (found.Mode & TypeMask) == RegularFile,
            (found.Mode & TypeMask) == BlockDevice,
            (long)found.Size,
            Identity(found),
            (long)found.Blocks,
            (found.Mask & BirthTime) == 0 ? 0 : (found.BirthSeconds * 1_000_000_000) + found.BirthNanoseconds,
            (found.WriteSeconds * 1_000_000_000) + found.WriteNanoseconds);
    }

    /// <summary>Opens a disk, past the page cache where that works with sectors of 512 bytes. It is not locked yet.</summary>
    /// <exception cref="XenException">With errno. EBUSY: the block device is mounted, or another guest's. EINVAL: neither a file nor a block device.</exception>
    public static SafeFileHandle Open(string path, bool readOnly, out long size, out int sectorSize, out (ulong Device, ulong Inode) identity)
    {
        Statx found = Stat(path);
        bool regular = (found.Mode & TypeMask) == RegularFile;
        if (!regular && (found.Mode & TypeMask) != BlockDevice)
        {
            throw new XenException(Errno.EINVAL, "open", $"'{path}' is neither a file nor a block device.");
        }

        identity = Identity(found);
        int flags = CloseOnExec | (readOnly ? ReadOnlyFlag : ReadWriteFlag) | (!regular && !readOnly ? Exclusive : 0);
        // Where the file system says nothing of alignment it is tried, and lightvm-io copes with what it refuses later.
        bool direct = !regular || (found.Mask & DirectAlignment) == 0 || found.DirectOffsetAlign is > 0 and <= SectorSize;
        int descriptor = direct ? Open(path, flags | Direct) : -1;
        if (descriptor < 0 && (!direct || Marshal.GetLastPInvokeError() == Errno.EINVAL))
        {
            descriptor = Open(path, flags);
        }

        if (descriptor < 0)
        {
            throw Failure("open", path);
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        sectorSize = SectorSize;
        size = (long)found.Size;
        if (!regular)
        {
            int sector = 0;
            size = lseek(descriptor, 0, SeekEnd);
            if (size < 0 || ioctl(descriptor, GetSectorSize, &sector) != 0)
            {
                XenException failure = Failure("size", path);
                file.Dispose();
                throw failure;
            }

            sectorSize = Math.Max(sector, SectorSize);
        }

        return file;
    }

    /// <summary>
    /// Locks it, for as long as any copy of the descriptor, or an I/O on it, lives. False: somebody else holds a lock that does
    /// not go with this one.
    /// </summary>
    /// <exception cref="XenException">With errno.</exception>
    public static bool TryLock(SafeFileHandle file, bool shared)
    {
        while (flock(file, (shared ? LockShared : LockExclusive) | LockNonBlocking) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EAGAIN:
                    return false;
                case Errno.EINTR:
                    continue;
                default:
                    throw Failure("flock", "a disk");
            }
        }

        return true;
    }

    /// <summary>Makes a sparse file, for its owner only. False: something is there already.</summary>
    /// <exception cref="XenException">With errno.</exception>
    public static bool TryCreate(string path, long size)
    {
        int descriptor = Open(path, ReadWriteFlag | CreateNew | CloseOnExec);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == Errno.EEXIST ? false : throw Failure("create", path);
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (ftruncate(descriptor, size) != 0)
        {
            XenException failure = Failure("size", path);
            File.Delete(path);
            throw failure;
        }

        return true;
    }

    /// <summary>Opens a file for reading without any lock: .NET's own would ask for one, which whoever writes to a disk has.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static SafeFileHandle OpenToRead(string path)
    {
        int descriptor = Open(path, ReadOnlyFlag | CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"'{path}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    internal static (uint User, uint Group) Owner(string path)
    {
        Statx found = Stat(path);
        return (found.User, found.Group);
    }

    private static (ulong Device, ulong Inode) Identity(in Statx found) => (found.Mode & TypeMask) == BlockDevice
        ? (((ulong)found.DeviceMajor << 32) | found.DeviceMinor, 0)
        : (((ulong)found.HolderMajor << 32) | found.HolderMinor, found.Inode);

    private static Statx Stat(string path)
    {
        Statx result;
        byte[] bytes = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* name = bytes)
        {
            return statx(WorkingDirectory, name, 0, BasicFields | BirthTime | DirectAlignment, &result) == 0 ? result : throw Failure("look at", path);
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

    private static XenException Failure(string step, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new XenException(error, step, $"'{path}': {Marshal.GetPInvokeErrorMessage(error)} ({step}).");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, int* value);

    /// <summary>struct statx of Linux.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(0)]
        public uint Mask;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(48)]
        public ulong Blocks;

        [FieldOffset(80)]
        public long BirthSeconds;

        [FieldOffset(88)]
        public uint BirthNanoseconds;

        [FieldOffset(112)]
        public long WriteSeconds;

        [FieldOffset(120)]
        public uint WriteNanoseconds;

        [FieldOffset(128)]
        public uint DeviceMajor;

        [FieldOffset(132)]
        public uint DeviceMinor;

        [FieldOffset(136)]
        public uint HolderMajor;

        [FieldOffset(140)]
        public uint HolderMinor;

        [FieldOffset(152)]
        public uint DirectMemoryAlign;

        [FieldOffset(156)]
        public uint DirectOffsetAlign;
    }
}
