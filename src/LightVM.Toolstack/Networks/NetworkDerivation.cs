using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>
/// What is derived from names, the same on every host and in every life: MACs, the place of an address in its pool, interface
/// names, IPv6 prefixes. Changing any of it moves addresses of guests that are made again: tests hold golden values.
/// </summary>
internal static class NetworkDerivation
{
    /// <summary>IFNAMSIZ without its NUL.</summary>
    public const int MaxInterfaceName = 15;

    private const string TapPrefix = "lvm-";

    /// <summary>The first MAC to try for an adapter of this guest.</summary>
    public static MacAddress Mac(string network, string guest) =>
        new(MacAddress.Prefix | BinaryPrimitives.ReadUInt32BigEndian(Hash("mac", network, guest)));

    /// <summary>The MAC of a network's TAP. Guests' names are never empty.</summary>
    public static MacAddress HostMac(string network) => Mac(network, "");

    /// <summary>The next MAC after one that is taken.</summary>
    public static MacAddress Next(MacAddress mac) => new(MacAddress.Prefix | ((mac.Value + 1) & uint.MaxValue));

    /// <summary>Which of a pool's guest addresses to try first: 0 to <paramref name="count"/> - 1.</summary>
    public static int Place(string network, string guest, int count) =>
        (int)(BinaryPrimitives.ReadUInt64BigEndian(Hash("ipv4", network, guest)) % (ulong)count);

    /// <summary>lvm-NAME; a long name is cut, and a hash of it keeps it apart from others.</summary>
    /// <param name="attempt">Raised while the name is another network's.</param>
    public static string TapName(string network, int attempt = 0)
    {
        if (attempt == 0 && TapPrefix.Length + network.Length <= MaxInterfaceName)
        {
            return TapPrefix + network;
        }

        string hash = Convert.ToHexStringLower(Hash("tap", network, attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return TapPrefix + network[..Math.Min(network.Length, 5)] + hash[..6];
    }

    /// <summary>The TAP of one adapter on a bridge of the user's.</summary>
    public static string BridgeTapName(Guid guest, int adapter) =>
        "lvb" + Convert.ToHexStringLower(Hash("bridge", guest.ToString(), adapter.ToString(System.Globalization.CultureInfo.InvariantCulture)))[..12];

    /// <summary>A unique local /64 (RFC 4193): 40 bits of the host, 16 of the network.</summary>
    /// <param name="attempt">Raised while it is another network's.</param>
    public static Ipv6Prefix Prefix6(string host, string network, int attempt = 0)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes[0] = 0xfd;
        Hash("ula", host, "").AsSpan(0, 5).CopyTo(bytes[1..]);
        ushort subnet = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(Hash("subnet", network, "")) + attempt);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], subnet);
        return new Ipv6Prefix(BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    private static byte[] Hash(string what, string first, string second) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"lightvm/{what}/{first}/{second}"));
}
