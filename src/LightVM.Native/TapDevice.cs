using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Native;

/// <summary>
/// TAPs with several queues and vnet headers, as lightvm-io wants them. They are persistent: neither daemon's end takes
/// one away, with its addresses and routes.
/// </summary>
public static unsafe partial class TapDevice
{
    /// <summary>Bytes of struct virtio_net_hdr_v1.</summary>
    public const int HeaderSize = 12;

    private const string Device = "/dev/net/tun";
    private const int ReadWriteNonBlockingCloseOnExec = 0x2 | 0x800 | 0x80000;
    private const ushort FlagTap = 0x2;
    private const ushort FlagNoPacketInformation = 0x1000;
    private const ushort FlagHeaders = 0x4000;
    private const ushort FlagQueues = 0x100;
    private const ushort FlagDetach = 0x400;
    private const nuint SetInterface = 0x400454ca;
    private const nuint SetPersistent = 0x400454cb;
    private const nuint SetOffload = 0x400454d0;
    private const nuint SetHeaderSize = 0x400454d8;
    private const nuint SetQueue = 0x400454d9;
    private const nuint OffloadChecksum = 1;
    private const nuint OffloadSegments4 = 2;
    private const nuint OffloadSegments6 = 4;
    private const nuint OffloadCongestion = 8;

    /// <summary>Makes a persistent TAP of that name, or finds the one that is there.</summary>
    /// <exception cref="XenException">EBUSY, EINVAL: an interface of that name is no such TAP.</exception>
    public static void Create(string name)
    {
        using SafeFileHandle queue = Open(name);
        Call(queue, SetPersistent, (void*)1, $"keep TAP '{name}'", name);
    }

    /// <summary>A new queue of a TAP that is there: non-blocking, detached, so that nothing is put into it until it is attached.</summary>
    public static SafeFileHandle OpenQueue(string name)
    {
        SafeFileHandle queue = Open(name);
        try
        {
            var request = new InterfaceRequest { Flags = FlagDetach };
            Call(queue, SetQueue, &request, $"detach a queue of TAP '{name}'", name);
            return queue;
        }
        catch (XenException)
        {
            queue.Dispose();
            throw;
        }
    }

    private static SafeFileHandle Open(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) >= InterfaceRequest.NameSize)
        {
            throw new ArgumentException($"'{name}' is longer than an interface's name can be.", nameof(name));
        }

        var queue = new SafeFileHandle(OpenDevice(), ownsHandle: true);
        try
        {
            var request = new InterfaceRequest { Flags = FlagTap | FlagNoPacketInformation | FlagHeaders | FlagQueues };
            Encoding.UTF8.GetBytes(name, new Span<byte>(request.Name, InterfaceRequest.NameSize));
            Call(queue, SetInterface, &request, $"open TAP '{name}'", name);
            int size = HeaderSize;
            Call(queue, SetHeaderSize, &size, $"set the header size of TAP '{name}'", name);
            Call(queue, SetOffload, (void*)(OffloadChecksum | OffloadSegments4 | OffloadSegments6 | OffloadCongestion), $"set offloads of TAP '{name}'", name);
            return queue;
        }
        catch (XenException)
        {
            queue.Dispose();
            throw;
        }
    }

    private static int OpenDevice()
    {
        fixed (byte* path = "/dev/net/tun\0"u8)
        {
            int descriptor = open(path, ReadWriteNonBlockingCloseOnExec, 0);
            return descriptor >= 0 ? descriptor : throw Failure($"open {Device}");
        }
    }

    private static void Call(SafeFileHandle queue, nuint request, void* argument, string step, string name)
    {
        if (ioctl(queue, request, argument) < 0)
        {
            throw Failure(step);
        }
    }

    private static XenException Failure(string step)
    {
        int error = Marshal.GetLastPInvokeError();
        return new XenException(error, step, $"{step} failed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle descriptor, nuint request, void* argument);

    /// <summary>struct ifreq.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    private struct InterfaceRequest
    {
        public const int NameSize = 16;
        public fixed byte Name[NameSize];
        public ushort Flags;
    }
}
