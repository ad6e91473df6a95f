using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Native;

/// <summary>Writes one netlink message: header, family's header, attributes. Everything is padded to 4 bytes.</summary>
public sealed class NetlinkMessage
{
    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Replace = 0x100;
    public const ushort Exclusive = 0x200;
    public const ushort Dump = 0x300;
    public const ushort Create = 0x400;

    /// <summary>Flag of an attribute's type: it holds attributes.</summary>
    public const ushort Nested = 0x8000;

    internal const int HeaderSize = 16;
    private byte[] _bytes = new byte[256];
    private int _length = HeaderSize;

    /// <param name="flags"><see cref="Request"/> is added.</param>
    public NetlinkMessage(ushort type, ushort flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), (ushort)(flags | Request));
    }

    public bool WantsReply => (BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(6)) & (Acknowledge | Dump)) != 0;

    /// <summary>The family's own header, which comes first.</summary>
    public unsafe NetlinkMessage Append<T>(in T header)
        where T : unmanaged
    {
        MemoryMarshal.Write(Room(sizeof(T)), in header);
        return this;
    }

    public NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> place = Room(4 + value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], type);
        value.CopyTo(place[4..]);
        return this;
    }

    public NetlinkMessage Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Attribute(type, bytes);
    }

    /// <summary>A string with its NUL.</summary>
    public NetlinkMessage Attribute(ushort type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + '\0'));

    /// <summary>An attribute that holds those which <paramref name="content"/> writes.</summary>
    public NetlinkMessage Nest(ushort type, Action<NetlinkMessage> content)
    {
        int start = _length;
        Room(4);
        content(this);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start), (ushort)(_length - start));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start + 2), type);
        return this;
    }

    /// <summary>The whole message. <paramref name="sequence"/> comes back in replies.</summary>
    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Room(int size)
    {
        int padded = (size + 3) & ~3;
        if (_length + padded > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + padded));
        }

        Span<byte> place = _bytes.AsSpan(_length, size);
        _length += padded;
        return place;
    }
}
