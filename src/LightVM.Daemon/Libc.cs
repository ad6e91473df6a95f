using System.Runtime.InteropServices;

namespace LightVM.Daemon;

/// <summary>The few C library calls that .NET has no name for. errno: <see cref="Marshal.GetLastPInvokeError"/>.</summary>
internal static unsafe partial class Libc
{
    public const int EINTR = 4;
    public const short POLLHUP = 0x10;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "send")]
    public static partial nint Send(SafeHandle socket, byte* buffer, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void Exit(int status);

    /// <summary>The numeric id of a group by name, from the host's name service; null if there is none.</summary>
    public static uint? FindGroup(string name)
    {
        byte* buffer = stackalloc byte[16 * 1024];
        GroupEntry entry;
        GroupEntry* found;
        return GetGroupByName(name, &entry, buffer, 16 * 1024, &found) == 0 && found != null ? found->Id : null;
    }

    /// <summary>The name of a user, from the host's name service; null if it has none.</summary>
    public static string? FindUserName(uint id)
    {
        byte* buffer = stackalloc byte[16 * 1024];
        UserEntry entry;
        UserEntry* found;
        return GetUserById(id, &entry, buffer, 16 * 1024, &found) == 0 && found != null
            ? Marshal.PtrToStringUTF8((nint)found->Name)
            : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetGroupByName(string name, GroupEntry* entry, byte* buffer, nuint size, GroupEntry** found);

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    private static partial int GetUserById(uint id, UserEntry* entry, byte* buffer, nuint size, UserEntry** found);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    // struct group and struct passwd of glibc on 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    private struct GroupEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Id;
        public byte** Members;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct UserEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Id;
        public uint Group;
        public byte* Gecos;
        public byte* Home;
        public byte* Shell;
    }
}
