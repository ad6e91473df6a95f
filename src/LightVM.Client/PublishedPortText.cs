using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LightVM.Client;

/// <summary>Published ports as people write them: <c>8080:80</c>, <c>127.0.0.1:8080:80/tcp</c>, <c>[::1]:8080:80</c>, <c>53:53/udp</c>, <c>80</c>, <c>8080:80@web</c>.</summary>
public static class PublishedPortText
{
    private const int MaxGroup = 127;

    public const string Expected = "[ADDRESS:]HOSTPORT:GUESTPORT[/tcp|/udp][@GROUP], such as 8080:80";

    /// <param name="text">One port.</param>
    /// <param name="port">Read; an address in its shortest form.</param>
    /// <param name="why">What is wrong, as the rest of a sentence; or null.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out PublishedPort? port, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(text);
        port = null;
        string rest = text.Trim();
        string protocol = "tcp";
        string? group = null;
        if (rest.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            (rest, group) = (rest[..at], rest[(at + 1)..]);
            if (!IsGroup(group))
            {
                why = $"has '{group}' in place of the name of a group: lower-case letters, digits, '-' and '/', at most {MaxGroup}";
                return false;
            }
        }

        if (rest.LastIndexOf('/') is >= 0 and var slash)
        {
            protocol = rest[(slash + 1)..].ToLowerInvariant();
            rest = rest[..slash];
            if (protocol is not ("tcp" or "udp"))
            {
                why = $"has the protocol '{protocol}', and only tcp and udp are published";
                return false;
            }
        }

        string? address = null;
        if (rest.StartsWith('['))
        {
            int close = rest.IndexOf("]:", StringComparison.Ordinal);
            if (close < 0)
            {
                why = "has an address in brackets that is not closed";
                return false;
            }

            (address, rest) = (rest[1..close], rest[(close + 2)..]);
        }
        else if (rest.Count(c => c == ':') == 2)
        {
            int colon = rest.IndexOf(':', StringComparison.Ordinal);
            (address, rest) = (rest[..colon], rest[(colon + 1)..]);
        }

        if (address is not null && !TryAddress(ref address))
        {
            why = $"has '{address}' in place of an address of the host";
            return false;
        }

        string[] ports = rest.Split(':');
        if (ports.Length > 2 || !TryPort(ports[0], out int hostPort) || !TryPort(ports[^1], out int guestPort))
        {
            why = "is not a pair of ports from 1 to 65535";
            return false;
        }

        why = null;
        port = new PublishedPort { HostAddress = address, HostPort = hostPort, GuestPort = guestPort, Protocol = protocol, Group = group };
        return true;
    }

    /// <summary>Whether guests can name a group like this.</summary>
    public static bool IsGroup(string group) =>
        group.Length is > 0 and <= MaxGroup && group.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '/');

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;

    private static bool TryAddress([NotNull] ref string? address)
    {
        address ??= "";

        // 127.1 and 010.0.0.1 are addresses to some parsers and others to others.
        if (!IPAddress.TryParse(address, out IPAddress? parsed) || parsed.ScopeIdIsSet()
            || parsed.IsIPv4MappedToIPv6 || parsed.IsIPv6LinkLocal || parsed.IsIPv6Multicast
            || (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != address))
        {
            return false;
        }

        address = parsed.ToString();
        return true;
    }

    private static bool ScopeIdIsSet(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0;
}
