using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <summary>An IPv4 subnet as numbers: the first address is the host's, the others but the last are guests'.</summary>
internal readonly record struct Ipv4Pool(uint Base, int PrefixLength)
{
    public const int ShortestPrefix = 8;
    public const int LongestPrefix = 30;

    public uint Size => 1u << (32 - PrefixLength);

    public uint Host => Base + 1;

    public uint Last => Base + (Size - 1);

    /// <summary>Addresses that guests can have.</summary>
    public int GuestCount => (int)(Size - 3);

    public static Ipv4Pool Parse(string text)
    {
        (IPAddress address, int prefix) = Split(text, AddressFamily.InterNetwork)
            ?? throw Invalid(text, "is no IPv4 subnet");
        if (prefix is < ShortestPrefix or > LongestPrefix)
        {
            throw Invalid(text, $"has no prefix length from {ShortestPrefix} to {LongestPrefix}");
        }

        var pool = new Ipv4Pool(ToNumber(address) & (uint.MaxValue << (32 - prefix)), prefix);
        if (ToNumber(address) != pool.Base)
        {
            throw Problems.InvalidArgument(
                $"The subnet '{text}' names an address inside of it, not its first one.", text, $"Write {pool}.");
        }

        uint first = pool.Base >> 24;
        if (first is 0 or 127 or >= 224 || (pool.Base >> 16) == 0xa9fe)
        {
            throw Invalid(text, "is no range for hosts (loopback, link-local, multicast or reserved)");
        }

        return pool;
    }

    public bool Contains(uint address) => address - Base < Size;

    /// <summary>Whether it is a guest's to have: not the network's, the host's, the broadcast address.</summary>
    public bool IsForGuests(uint address) => address > Host && address < Last;

    public bool Overlaps(Ipv4Pool other) => Contains(other.Base) || other.Contains(Base);

    public static uint ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    /// <summary>Address and prefix length of <c>a/n</c>; null if it is none.</summary>
    public static (IPAddress Address, int Prefix)? Split(string text, AddressFamily family)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && IPAddress.TryParse(text[..slash], out IPAddress? address)
            && address.AddressFamily == family
            // IPAddress takes '10.1' and '0x0a000001' too, which would be read as something else than what was meant.
            && (family != AddressFamily.InterNetwork || address.ToString() == text[..slash])
            && int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int prefix)
            ? (address, prefix)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ToAddress(Base)}/{PrefixLength}");

    private static LightVMException Invalid(string text, string what) =>
        Problems.InvalidArgument($"The subnet '{text}' {what}.", text, "Give one like 10.118.0.0/20, or leave it out and the host chooses.");
}
