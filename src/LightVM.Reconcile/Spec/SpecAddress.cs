using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LightVM.Reconcile;

/// <summary>Addresses as specs write them, each brought into its one shortest form.</summary>
internal static class SpecAddress
{
    public const string ExpectedMac = "six hexadecimal bytes such as 02:1c:7b:00:00:01";
    public const string ExpectedAddress = "an IPv4 address such as 10.9.0.5";
    public const string ExpectedSubnet = "an IPv4 network such as 10.9.0.0/24";
    public const string ExpectedSubnet6 = "an IPv6 prefix such as fd00:1:2:3::/64, or 'none'";

    public static bool TryMac(string text, out string mac)
    {
        mac = text.ToLowerInvariant().Replace('-', ':');
        if (mac.Length != 17 || !mac.Index().All(c => c.Index % 3 == 2 ? c.Item == ':' : char.IsAsciiHexDigitLower(c.Item)))
        {
            return false;
        }

        // Not of a group, and not all zeros: neither is one adapter's.
        return (Convert.ToInt32(mac[..2], 16) & 1) == 0 && mac.Any(c => c is not ('0' or ':'));
    }

    public static bool TryAddress(string text, out string address)
    {
        address = text;

        // Four numbers without leading zeros: some take 010 for 8, and 10.1 for 10.0.0.1.
        return IPAddress.TryParse(text, out IPAddress? parsed) && parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() == text;
    }

    /// <param name="text">For example <c>10.9.0.0/24</c>.</param>
    /// <param name="subnet">The same.</param>
    /// <param name="problem">What is wrong, as the rest of a sentence.</param>
    public static bool TrySubnet(string text, out string subnet, out string problem)
    {
        subnet = text;
        problem = "is not an IPv4 network";
        if (!TrySplit(text, out string address, out int length) || !TryAddress(address, out _))
        {
            return false;
        }

        if (length is < 8 or > 30)
        {
            problem = "has a prefix of another length than 8 to 30 bits";
            return false;
        }

        uint value = Value(address);
        uint first = value & (uint.MaxValue << (32 - length));
        if (first != value)
        {
            problem = $"does not begin at its first address (did you mean '{Text(first)}/{length}'?)";
            return false;
        }

        if (value >> 24 is 0 or 127 or >= 224 || value >> 16 == 0xa9fe)
        {
            problem = "is no range for hosts (loopback, link-local, multicast or reserved)";
            return false;
        }

        return true;
    }

    public static bool TrySubnet6(string text, out string subnet)
    {
        subnet = text;
        if (text is "" or "none")
        {
            subnet = "";
            return true;
        }

        if (!TrySplit(text, out string address, out int length) || length != 64
            || !IPAddress.TryParse(address, out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6 || address.Contains('%')
            || parsed.IsIPv6LinkLocal || parsed.IsIPv6Multicast || parsed.Equals(IPAddress.IPv6Any))
        {
            return false;
        }

        byte[] bytes = parsed.GetAddressBytes();
        for (int bit = length; bit < 128; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                return false;
            }
        }

        subnet = string.Create(CultureInfo.InvariantCulture, $"{parsed}/{length}");
        return true;
    }

    /// <summary>Whether a guest can have an address of a network: not its first two (the network, the host) and not its last.</summary>
    public static bool IsForGuests(string address, string subnet)
    {
        if (!TrySplit(subnet, out string start, out int length))
        {
            return false;
        }

        uint first = Value(start);
        uint last = first | ~(uint.MaxValue << (32 - length));
        uint value = Value(address);
        return value > first + 1 && value < last;
    }

    private static bool TrySplit(string text, out string address, out int length)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        address = slash < 0 ? text : text[..slash];
        length = 0;
        return slash > 0 && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length);
    }

    private static uint Value(string address) => IPAddress.Parse(address).GetAddressBytes().Aggregate(0u, (value, b) => (value << 8) | b);

    private static string Text(uint value) => new IPAddress([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]).ToString();
}
