using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Native;

/// <summary>
/// A connected SOCK_SEQPACKET Unix socket that passes descriptors. .NET's Socket knows neither. One thread may receive while
/// others send; sends are serialised by the caller.
/// </summary>
public sealed unsafe partial class PacketSocket : SafeHandle
{
    private const int AddressFamilyUnix = 1;
    private const int SocketSeqPacket = 5;
    private const int SocketCloseOnExec = 0x80000;
    private const int LevelSocket = 1;
    private const int ControlRights = 1;
    private const int OptionSendTimeout = 21;
    private const int MessageNoSignal = 0x4000;
    private const int MessageTruncated = 0x20;
    private const int MaxDescriptors = 33; // IO_MAX_GNTDEV and one for event channels

    private PacketSocket(nint handle)
        : base(-1, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == -1;

    /// <exception cref="XenException">With connect's errno: ENOENT, ECONNREFUSED, EACCES…</exception>
    public static PacketSocket Connect(string path, TimeSpan sendTimeout)
    {
        var address = default(UnixAddress);
        address.Family = AddressFamilyUnix;
        int length = Encoding.UTF8.GetByteCount(path);
        if (length >= UnixAddress.PathSize)
        {
            throw new ArgumentException($"The path of a socket has at most {UnixAddress.PathSize - 1} bytes: '{path}'.", nameof(path));
        }

        Encoding.UTF8.GetBytes(path, new Span<byte>(address.Path, UnixAddress.PathSize));
        int descriptor = socket(AddressFamilyUnix, SocketSeqPacket | SocketCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw Failure("socket", path);
        }

        var result = new PacketSocket(descriptor);
        var time = new TimeValue { Seconds = (long)sendTimeout.TotalSeconds, Microseconds = sendTimeout.Microseconds + (sendTimeout.Milliseconds * 1000L) };
        if (setsockopt(descriptor, LevelSocket, OptionSendTimeout, &time, (uint)sizeof(TimeValue)) != 0 ||
            connect(descriptor, &address, (uint)sizeof(UnixAddress)) != 0)
        {
            XenException failure = Failure("connect", path);
            result.Dispose();
            throw failure;
        }

        return result;
    }

    /// <summary>Opens a device to be passed on. The caller disposes it.</summary>
    public static Microsoft.Win32.SafeHandles.SafeFileHandle OpenDevice(string path)
    {
        const int readWriteCloseOnExec = 0x2 | 0x80000;
        int length = Encoding.UTF8.GetByteCount(path) + 1;
        byte* name = stackalloc byte[length];
        Encoding.UTF8.GetBytes(path, new Span<byte>(name, length));
        name[length - 1] = 0;
        int descriptor = open(name, readWriteCloseOnExec, 0);
        return descriptor < 0 ? throw Failure("open", path) : new(descriptor, ownsHandle: true);
    }

    /// <summary>Sends one packet, with descriptors. The peer gets copies of those.</summary>
    /// <exception cref="XenException">EAGAIN: the peer takes nothing. EPIPE and others: the connection is over.</exception>
    public void Send(ReadOnlySpan<byte> packet, params ReadOnlySpan<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        int held = 0;
        try
        {
            var control = default(RightsMessage);
            foreach (SafeHandle descriptor in descriptors)
            {
                bool added = false;
                descriptor.DangerousAddRef(ref added);
                control.Descriptors[held++] = (int)descriptor.DangerousGetHandle();
            }

            control.Length = (nuint)(RightsMessage.HeaderSize + (sizeof(int) * held));
            control.Level = LevelSocket;
            control.Type = ControlRights;
            fixed (byte* start = packet)
            {
                var vector = new IoVector { Start = start, Length = (nuint)packet.Length };
                var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
                if (held > 0)
                {
                    message.Control = &control;
                    message.ControlLength = (control.Length + 7) & ~(nuint)7;
                }

                while (sendmsg(this, &message, MessageNoSignal) < 0)
                {
                    if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                    {
                        throw Failure("sendmsg", "lightvm-io");
                    }
                }
            }
        }
        finally
        {
            for (int i = 0; i < held; i++)
            {
                descriptors[i].DangerousRelease();
            }
        }
    }

    /// <summary>Waits for a packet. 0: the connection is over. Descriptors that come with it are not taken.</summary>
    /// <returns>Its length; more than the buffer's length means that it was longer.</returns>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var vector = new IoVector { Start = start, Length = (nuint)buffer.Length };
            while (true)
            {
                var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
                nint length = recvmsg(this, &message, 0);
                if (length >= 0)
                {
                    return (message.Flags & MessageTruncated) != 0 ? buffer.Length + 1 : (int)length;
                }

                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw Failure("recvmsg", "lightvm-io");
                }
            }
        }
    }

    /// <summary>Ends the connection: a thread in <see cref="Receive"/> comes back with 0.</summary>
    public void Shutdown()
    {
        const int both = 2;
        _ = shutdown(this, both); // fails only where the connection is over already, which is what is wanted
    }

    protected override bool ReleaseHandle() => close((int)handle) == 0;

    private static XenException Failure(string call, string target)
    {
        int error = Marshal.GetLastPInvokeError();
        return new XenException(error, call, $"{call} on '{target}' failed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int descriptor, UnixAddress* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(PacketSocket socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(PacketSocket socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(PacketSocket socket, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct UnixAddress
    {
        public const int PathSize = 108;
        public ushort Family;
        public fixed byte Path[PathSize];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeValue
    {
        public long Seconds;
        public long Microseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr with the descriptors of SCM_RIGHTS.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RightsMessage
    {
        public const int HeaderSize = 16;
        public nuint Length;
        public int Level;
        public int Type;
        public fixed int Descriptors[MaxDescriptors + 1]; // even, so that the padded length stays inside
    }
}
