using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>Tells that a table of nf_tables was removed, by whomever.</summary>
public sealed unsafe partial class NftWatch : SafeHandle
{
    private const int AddressFamilyNetlink = 16;
    private const int SocketRawCloseOnExec = 3 | 0x80000;
    private const int LevelNetlink = 270;
    private const int OptionAddMembership = 1;
    private const int TablesGroup = 7;
    private const ushort TableRemoved = (10 << 8) | 2;

    private NftWatch(nint handle)
        : base(-1, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == -1;

    /// <exception cref="XenException">The kernel has no nf_tables.</exception>
    public static NftWatch Open()
    {
        int descriptor = socket(AddressFamilyNetlink, SocketRawCloseOnExec, NetlinkSocket.Netfilter);
        if (descriptor < 0)
        {
            throw Failure();
        }

        var result = new NftWatch(descriptor);
        var address = new NetlinkAddress { Family = AddressFamilyNetlink };
        int group = TablesGroup;
        if (bind(descriptor, &address, (uint)sizeof(NetlinkAddress)) != 0
            || setsockopt(descriptor, LevelNetlink, OptionAddMembership, &group, sizeof(int)) != 0)
        {
            XenException failure = Failure();
            result.Dispose();
            throw failure;
        }

        return result;
    }

    /// <summary>Waits until a table was removed, or until more has happened than was told.</summary>
    public void Wait()
    {
        const int lost = 105; // ENOBUFS
        byte* buffer = stackalloc byte[8192];
        while (true)
        {
            nint length = recv(this, buffer, 8192, 0);
            if (length < 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.EINTR: continue;
                    case lost: return;
                    default: throw Failure();
                }
            }

            for (ReadOnlySpan<byte> rest = new(buffer, (int)length); rest.Length >= NetlinkMessage.HeaderSize;)
            {
                if (MemoryMarshal.Read<ushort>(rest[4..]) == TableRemoved)
                {
                    return;
                }

                int size = (MemoryMarshal.Read<int>(rest) + 3) & ~3;
                if (size < NetlinkMessage.HeaderSize || size > rest.Length)
                {
                    break;
                }

                rest = rest[size..];
            }
        }
    }

    protected override bool ReleaseHandle() => close((int)handle) == 0;

    private static XenException Failure()
    {
        int error = Marshal.GetLastPInvokeError();
        return new XenException(error, "watch tables", $"nf_tables cannot be watched: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int descriptor, NetlinkAddress* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(NftWatch socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    /// <summary>struct sockaddr_nl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkAddress
    {
        public ushort Family;
        public ushort Reserved;
        public uint Port;
        public uint Groups;
    }
}
