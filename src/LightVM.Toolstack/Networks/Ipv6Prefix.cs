using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <summary>An IPv6 /64: the host is ::1 in it, guests are what their MAC makes (modified EUI-64), as SLAAC does.</summary>
internal readonly record struct Ipv6Prefix(ulong High)
{
    public const int Length = 64;

    public IPAddress Host => ToAddress(1);

    public static Ipv6Prefix Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (Ipv4Pool.Split(text, AddressFamily.InterNetworkV6) is not { Prefix: Length } parsed
            || !parsed.Address.TryWriteBytes(bytes, out _)
            || BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) != 0
            || parsed.Address.IsIPv6LinkLocal || parsed.Address.IsIPv6Multicast || bytes[..8].IndexOfAnyExcept((byte)0) < 0)
        {
            throw Problems.InvalidArgument(
                $"The IPv6 prefix '{text}' is no /64 for hosts.", text, "Give one like fd00:1:2:3::/64, leave it out and one is derived, or give '' for no IPv6.");
        }

        return new Ipv6Prefix(BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    public IPAddress Of(MacAddress mac)
    {
        ulong low = ((mac.Value & 0xffff_ff00_0000) << 16) | 0xfffe00_0000 | (mac.Value & 0xff_ffff);
        return ToAddress(low ^ (2UL << 56));
    }

    public IPAddress ToAddress(ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new IPAddress(bytes);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ToAddress(0)}/{Length}");
}
