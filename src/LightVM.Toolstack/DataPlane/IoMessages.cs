using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>The packets of io.h. Sizes are asserted in tests against that file.</summary>
internal static partial class IoMessages
{
    public const ushort Version = 2;
    public const int MaxMessage = 256;

    [InlineArray(16)]
    public struct Uuid
    {
        private byte _first;

        public static implicit operator Uuid(Guid value)
        {
            Uuid result = default;
            value.TryWriteBytes(result, bigEndian: true, out _);
            return result;
        }

        public static implicit operator Guid(Uuid value) => new(value, bigEndian: true);
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public IoType Type;
        public ushort Version;
        public uint Serial;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Hello
    {
        public Header Header;
        public uint Pid;
        public uint Reserved;
    }

    /// <summary>struct io_guest; io_shutdown, io_follow and io_ended have the same shape, with a value in the last word.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Guest
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public uint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Attach
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public uint EventChannel;
        public uint ConsoleGrant;
        public uint DeviceGrant;
        public uint ControlGrant;
        public uint StoreEventChannel;
    }

    [InlineArray(48)]
    public struct StepText
    {
        private byte _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Result
    {
        public Header Header;
        public int ErrorNumber;
        public uint Pid;
        public StepText Step;

        public readonly string StepString => Text(Step);
    }

    [InlineArray(128)]
    public struct FaultText
    {
        private byte _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Fault
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public uint Reserved;
        public FaultText Text;

        public readonly string TextString => Text(Text);
    }

    /// <summary>The size that a packet from lightvm-io must have; 0: no such type comes from there.</summary>
    public static int SizeFromPeer(IoType type) => type switch
    {
        IoType.Result => Unsafe.SizeOf<Result>(),
        IoType.Attached or IoType.FirstEvent or IoType.Console or IoType.Ended or IoType.Acknowledged => Unsafe.SizeOf<Guest>(),
        IoType.Fault => Unsafe.SizeOf<Fault>(),
        IoType.DeviceState => Unsafe.SizeOf<Device>(),
        IoType.Counted => Unsafe.SizeOf<Counted>(),
        _ => 0,
    };

    /// <summary>Text that is not trusted to end: what is not printable ASCII becomes '?'.</summary>
    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        var text = new StringBuilder();
        foreach (byte b in end < 0 ? bytes : bytes[..end])
        {
            text.Append(b is >= 0x20 and < 0x7f ? (char)b : '?');
        }

        return text.ToString();
    }
}
