using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <content>Networks and devices.</content>
internal static partial class IoMessages
{
    public const int MaxInput = 192;
    public const uint NetworkBroadcast = 1 << 0;
    public const uint NetworkMulticast = 1 << 1;
    public const uint NetworkIsolated = 1 << 2;
    public const uint NetTrusted = 1 << 0;
    public const uint DeviceForce = 1 << 0;
    public const uint DeviceReachable = 1 << 1;

    [InlineArray(6)]
    public struct Mac
    {
        private byte _first;

        public static implicit operator Mac(ReadOnlySpan<byte> value)
        {
            Mac result = default;
            value.CopyTo(result);
            return result;
        }
    }

    /// <summary>An IPv4 address in network byte order; zeros: none.</summary>
    [InlineArray(4)]
    public struct Address4
    {
        private byte _first;

        public static implicit operator Address4(IPAddress? value)
        {
            Address4 result = default;
            _ = value?.TryWriteBytes(result, out _);
            return result;
        }
    }

    /// <summary>An IPv6 address in network byte order; zeros: none.</summary>
    [InlineArray(16)]
    public struct Address16
    {
        private byte _first;

        public static implicit operator Address16(IPAddress? value)
        {
            Address16 result = default;
            _ = value?.TryWriteBytes(result, out _);
            return result;
        }
    }

    [InlineArray(32)]
    public struct NameText
    {
        private byte _first;

        /// <summary>As much of a name as there is room for.</summary>
        public static implicit operator NameText(string value)
        {
            NameText result = default;
            Span<byte> bytes = result;
            for (int i = 0; i < Math.Min(value.Length, bytes.Length - 1); i++)
            {
                bytes[i] = value[i] < 0x80 ? (byte)value[i] : (byte)'?';
            }

            return result;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Network
    {
        public Header Header;
        public Uuid Uuid;
        public NameText Name;
        public uint Flags;
        public ushort Mtu;
        public Mac HostMac;
        public Address4 Ipv4Host;
        public byte Ipv4Prefix;
        public byte Ipv6Prefix;
        public ushort Reserved;
        public Address16 Ipv6Host;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Net
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public ushort Id;
        public ushort Slot;
        public Uuid Network;
        public uint Flags;
        public ushort Mtu;
        public Mac Mac;
        public ulong Rate;
        public Address4 Ipv4;
        public Address4 Ipv4Gateway;
        public Address4 Ipv4Dns;
        public byte Ipv4Prefix;
        public byte Ipv6Prefix;
        public ushort Reserved;
        public Address16 Ipv6;
        public Address16 Ipv6Gateway;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Block
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public ushort Id;
        public ushort Slot;
        public ulong Sectors;
        public uint SectorSize;
        public uint ReadOnly;
        public uint Number;
        public uint Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Device
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public NoxsType Type;
        public ushort Id;
        public NoxsState State;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Counted
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public NoxsType Type;
        public ushort Id;
        public ulong SentBytes;
        public ulong SentRequests;
        public ulong ReceivedBytes;
        public ulong ReceivedRequests;
        public ulong Flushes;
        public ulong Errors;
        public ulong DroppedSpoofed;
        public ulong DroppedRate;
        public ulong DroppedNoBuffer;
        public ulong DroppedOther;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Devices
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public uint Adapters;
        public uint Disks;
        public uint Reserved;
    }

    [InlineArray(MaxInput)]
    public struct InputBytes
    {
        private byte _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Input
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public uint Size;
        public InputBytes Bytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Window
    {
        public Header Header;
        public Uuid Uuid;
        public uint DomainId;
        public ushort Columns;
        public ushort Rows;
    }
}
