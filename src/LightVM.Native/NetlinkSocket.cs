using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// A netlink socket: requests with their answers, one after the other (calls from several threads wait for each other). Kept
/// open: a request costs some microseconds.
/// </summary>
public sealed unsafe partial class NetlinkSocket : SafeHandle
{
    public const int Route = 0;
    public const int Netfilter = 12;

    private const int AddressFamilyNetlink = 16;
    private const int SocketRaw = 3;
    private const int SocketCloseOnExec = 0x80000;
    private const int LevelSocket = 1;
    private const int OptionReceiveTimeout = 20;
    private const int LevelNetlink = 270;
    private const int OptionCapAcknowledge = 10;
    private const int OptionExtendedAcknowledge = 11;
    private const ushort TypeError = 2;
    private const ushort TypeDone = 3;
    private const ushort FlagInterrupted = 0x10;
    private const ushort FlagAcknowledgeAttributes = 0x200;
    private const int MaxAttempts = 10;

    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    private NetlinkSocket(nint handle)
        : base(-1, ownsHandle: true) => SetHandle(handle);

    /// <summary>Takes one reply: type, payload.</summary>
    public delegate void Reply(ushort type, ReadOnlySpan<byte> payload);

    public override bool IsInvalid => handle == -1;

    /// <exception cref="XenException">EPROTONOSUPPORT: the kernel has no such netlink family.</exception>
    public static NetlinkSocket Open(int protocol)
    {
        int descriptor = socket(AddressFamilyNetlink, SocketRaw | SocketCloseOnExec, protocol);
        if (descriptor < 0)
        {
            throw Failure("netlink socket");
        }

        var result = new NetlinkSocket(descriptor);
        int one = 1;
        // Only for better messages: kernels that lack them are served as well.
        _ = setsockopt(descriptor, LevelNetlink, OptionCapAcknowledge, &one, sizeof(int));
        _ = setsockopt(descriptor, LevelNetlink, OptionExtendedAcknowledge, &one, sizeof(int));
        long* limit = stackalloc long[2] { 10, 0 };
        if (setsockopt(descriptor, LevelSocket, OptionReceiveTimeout, limit, 16) != 0)
        {
            XenException failure = Failure("netlink socket");
            result.Dispose();
            throw failure;
        }

        return result;
    }

    /// <summary>Sends a request and waits until the kernel has done it.</summary>
    /// <param name="step">What it is for, in messages.</param>
    /// <exception cref="XenException">The kernel's errno, with its own words where it has some.</exception>
    public void Do(NetlinkMessage message, string step) => DoAll([message], step);

    /// <summary>Sends several as one packet: a batch of nf_tables. The last wants an acknowledgement or is not the last that does.</summary>
    public void DoAll(IReadOnlyList<NetlinkMessage> messages, string step)
    {
        lock (_gate)
        {
            uint first = _sequence + 1;
            uint last = first;
            using var packet = new MemoryStream();
            foreach (NetlinkMessage message in messages)
            {
                packet.Write(message.Finish(++_sequence));
                last = message.WantsReply ? _sequence : last;
            }

            Send(packet.GetBuffer().AsSpan(0, (int)packet.Length), step);
            XenException? failure = null;
            while (true)
            {
                int length = Receive(step);
                for (ReadOnlySpan<byte> rest = _buffer.AsSpan(0, length); Split(ref rest, out Header header, out ReadOnlySpan<byte> payload);)
                {
                    if (header.Type != TypeError || header.Sequence < first || header.Sequence > _sequence || payload.Length < 4)
                    {
                        continue; // of a request that timed out
                    }

                    int error = -BinaryPrimitives.ReadInt32LittleEndian(payload);
                    failure ??= error == 0 ? null : Refusal(error, step, header, payload);
                    // A batch that is refused as such has no answers of its parts.
                    if (header.Sequence == last || (error != 0 && header.Sequence == first))
                    {
                        if (failure is not null)
                        {
                            throw failure;
                        }

                        return;
                    }
                }
            }
        }
    }

    /// <summary>Asks for a whole table; begins anew when it changed meanwhile. <paramref name="begin"/> is called before each try.</summary>
    public void Dump(Func<NetlinkMessage> request, string step, Action begin, Reply reply)
    {
        lock (_gate)
        {
            for (int attempt = 1; ; attempt++)
            {
                begin();
                uint sequence = ++_sequence;
                Send(request().Finish(sequence), step);
                if (Collect(sequence, step, reply) || attempt == MaxAttempts)
                {
                    return;
                }
            }
        }
    }

    protected override bool ReleaseHandle() => close((int)handle) == 0;

    /// <summary>False: the table changed while it was read.</summary>
    private bool Collect(uint sequence, string step, Reply reply)
    {
        bool whole = true;
        while (true)
        {
            int length = Receive(step);
            for (ReadOnlySpan<byte> rest = _buffer.AsSpan(0, length); Split(ref rest, out Header header, out ReadOnlySpan<byte> payload);)
            {
                if (header.Sequence != sequence)
                {
                    continue;
                }

                whole &= (header.Flags & FlagInterrupted) == 0;
                switch (header.Type)
                {
                    case TypeDone:
                        return whole;
                    case TypeError when payload.Length >= 4 && BinaryPrimitives.ReadInt32LittleEndian(payload) is var error and not 0:
                        throw Refusal(-error, step, header, payload);
                    case TypeError:
                        return whole;
                    default:
                        reply(header.Type, payload);
                        break;
                }
            }
        }
    }

    private static bool Split(ref ReadOnlySpan<byte> rest, out Header header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (rest.Length < NetlinkMessage.HeaderSize)
        {
            return false;
        }

        header = MemoryMarshal.Read<Header>(rest);
        if (header.Length < NetlinkMessage.HeaderSize || header.Length > rest.Length)
        {
            return false;
        }

        payload = rest[NetlinkMessage.HeaderSize..header.Length];
        rest = rest[Math.Min((header.Length + 3) & ~3, rest.Length)..];
        return true;
    }

    private static XenException Refusal(int error, string step, in Header header, ReadOnlySpan<byte> payload)
    {
        string words = Marshal.GetPInvokeErrorMessage(error);
        const int answered = 4 + NetlinkMessage.HeaderSize;
        if ((header.Flags & FlagAcknowledgeAttributes) != 0 && payload.Length > answered)
        {
            var attributes = new NetlinkAttributes(payload[answered..]);
            while (attributes.Next())
            {
                if (attributes.Type == 1)
                {
                    words += $" ({attributes.Text.TrimEnd('.')})";
                }
            }
        }

        return new XenException(error, step, $"{step} failed: {words}.");
    }

    private void Send(ReadOnlySpan<byte> packet, string step)
    {
        fixed (byte* start = packet)
        {
            while (send(this, start, (nuint)packet.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw Failure(step);
                }
            }
        }
    }

    private int Receive(string step)
    {
        fixed (byte* start = _buffer)
        {
            while (true)
            {
                nint length = recv(this, start, (nuint)_buffer.Length, 0);
                if (length >= 0)
                {
                    return (int)length;
                }

                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw Failure(step);
                }
            }
        }
    }

    private static XenException Failure(string step)
    {
        int error = Marshal.GetLastPInvokeError();
        return new XenException(error, step, $"{step} failed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(NetlinkSocket socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(NetlinkSocket socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    /// <summary>struct nlmsghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public int Length;
        public ushort Type;
        public ushort Flags;
        public uint Sequence;
        public uint Port;
    }
}
