using System.Runtime.InteropServices;

namespace LightVM.Tinyx;

/// <summary>What lstat says of a file, as far as an image needs it.</summary>
internal readonly partial record struct FileStatus(FileKind Kind, int Permissions, uint Owner, uint Group, long Size, uint Device)
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;

    /// <summary>A character device 0/0: in the upper layer of an overlay it says that the lower layer's file is gone.</summary>
    public bool IsWhiteout => Kind == FileKind.CharacterDevice && Device == 0;

    /// <summary>Of the file itself, not of what it links to; null if there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FileStatus? Of(string path)
    {
        if (Statx(CurrentDirectory, path, NoFollow, BasicStats, out StatxBuffer buffer) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error is NoSuchFile or NotADirectory
                ? null
                : throw new IOException($"{path} cannot be read: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        return new FileStatus(
            (FileKind)(buffer.Mode & 0xF000), buffer.Mode & 0xFFF, buffer.Owner, buffer.Group, (long)buffer.Size, (buffer.DeviceMajor << 8) | buffer.DeviceMinor);
    }

    /// <summary>Whether an extended attribute of a directory is there and holds <c>y</c>.</summary>
    public static unsafe bool HasFlag(string path, string attribute)
    {
        byte value;
        return GetAttribute(path, attribute, &value, 1) == 1 && value == (byte)'y';
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint GetAttribute(string path, string name, byte* value, nuint size);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(128)]
        public uint DeviceMajor;

        [FieldOffset(132)]
        public uint DeviceMinor;
    }
}
