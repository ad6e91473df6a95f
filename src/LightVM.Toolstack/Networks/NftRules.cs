using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// The one nftables table that is ours. Its rules never change: which interfaces and ports they are about stands in sets and
/// maps, so that a guest's ports are elements and not rules. Pure.
/// </summary>
internal static class NftRules
{
    public const string Table = "lightvm";

    /// <summary>NFPROTO_INET.</summary>
    public const byte Family = 1;

    /// <summary>Interfaces of our networks, and those of them with NAT.</summary>
    public const string OwnSet = "own";
    public const string NatSet = "nat";

    private const int InterfaceNameSize = 16;

    /// <summary>Draws a slot for a new connection to a shared port.</summary>
    private static readonly string Draw = string.Create(CultureInfo.InvariantCulture, $"numgen random mod {SpreadSlots.Count}");

    /// <summary>The whole table for <c>nft -f -</c>, in place of what it was, in one step.</summary>
    public static string Text(IEnumerable<NetworkRecord> networks, IEnumerable<PortRule> ports)
    {
        List<NetworkRecord> all = [.. networks];
        ILookup<string, PortRule> byMap = ports.ToLookup(Map);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"table inet {Table}\ndelete table inet {Table}\ntable inet {Table} {{\n");
        Set(text, OwnSet, all.Select(network => network.Interface));
        Set(text, NatSet, all.Where(network => network.Nat).Select(network => network.Interface));
        foreach (string map in (string[])["ports4", "ports6", "at4", "at6"])
        {
            string key = (map.StartsWith("at", StringComparison.Ordinal) ? $"ipv{map[2]}_addr . " : "") + "inet_proto . inet_service";
            Block(text, $"map {map}", $"type {key} : ipv{map[^1]}_addr . inet_service", byMap[map].Select(Element));
        }

        foreach (string map in (string[])["spread4", "spread6", "spreadat4", "spreadat6"])
        {
            string ip = map[^1] == '4' ? "ip" : "ip6";
            string key = (map.StartsWith("spreadat", StringComparison.Ordinal) ? $"{ip} daddr . " : "") + $"meta l4proto . th dport . {Draw}";
            Block(text, $"map {map}", $"typeof {key} : {ip} daddr . tcp dport", byMap[map].Select(Element));
        }

        text.Append("""
            	chain guard {
            		type filter hook prerouting priority raw; policy accept;
            		iifname @own ip daddr 127.0.0.0/8 drop comment "route_localnet must not open the host's loopback to guests"
            		iifname @own ip saddr 127.0.0.0/8 drop
            	}
            	chain published {
            		dnat ip to ip daddr . meta l4proto . th dport map @at4
            		dnat ip to meta l4proto . th dport map @ports4
            		dnat ip6 to ip6 daddr . meta l4proto . th dport map @at6
            		dnat ip6 to meta l4proto . th dport map @ports6
            		dnat ip to ip daddr . meta l4proto . th dport . DRAW map @spreadat4
            		dnat ip to meta l4proto . th dport . DRAW map @spread4
            		dnat ip6 to ip6 daddr . meta l4proto . th dport . DRAW map @spreadat6
            		dnat ip6 to meta l4proto . th dport . DRAW map @spread6
            	}
            	chain incoming {
            		type nat hook prerouting priority dstnat; policy accept;
            		meta l4proto { tcp, udp } fib daddr type local jump published
            	}
            	chain own_connections {
            		type nat hook output priority -100; policy accept;
            		meta l4proto { tcp, udp } fib daddr type local jump published
            	}
            	chain outgoing {
            		type nat hook postrouting priority srcnat; policy accept;
            		oifname @own ct status dnat fib saddr type local masquerade comment "answers must come back by the host"
            		iifname @own oifname @own ct status dnat masquerade
            		iifname @nat oifname != @own masquerade
            	}
            	chain forward {
            		type filter hook forward priority filter; policy accept;
            		iifname @own jump from_guests
            		oifname @own jump to_guests
            	}
            	chain from_guests {
            		ct state established,related accept
            		ct status dnat accept
            		oifname @own drop comment "networks do not reach each other"
            		iifname @nat accept
            		drop
            	}
            	chain to_guests {
            		ct state established,related accept
            		ct status dnat accept
            		drop
            	}
            }

            """.Replace("DRAW", Draw, StringComparison.Ordinal));
        return text.ToString();
    }

    /// <summary>An interface as an element of <see cref="OwnSet"/> or <see cref="NatSet"/>.</summary>
    public static NftElement Interface(string set, string name)
    {
        var key = new byte[InterfaceNameSize];
        Encoding.UTF8.GetBytes(name, key);
        return new NftElement(set, key, []);
    }

    /// <summary>A published port as an element of its map.</summary>
    public static NftElement Port(PortRule rule)
    {
        byte[] at = rule.HostAddress?.GetAddressBytes() ?? [];
        byte[] to = rule.Target.GetAddressBytes();
        var key = new byte[at.Length + (rule.Slot is null ? 8 : 12)];
        at.CopyTo(key, 0);
        key[at.Length] = (byte)(rule.Udp ? 17 : 6);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(at.Length + 4), (ushort)rule.HostPort);
        if (rule.Slot is { } slot)
        {
            MemoryMarshal.Write(key.AsSpan(at.Length + 8), slot); // a number of the kernel's own, in its order
        }

        var data = new byte[to.Length + 4];
        to.CopyTo(data, 0);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(to.Length), (ushort)rule.GuestPort);
        return new NftElement(Map(rule), key, data);
    }

    private static string Map(PortRule rule) =>
        (rule.Slot is null ? rule.HostAddress is null ? "ports" : "at" : rule.HostAddress is null ? "spread" : "spreadat") + (rule.Target.AddressFamily == AddressFamily.InterNetwork ? "4" : "6");

    private static string Element(PortRule rule) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(rule.HostAddress is null ? "" : rule.HostAddress + " . ")}{(rule.Udp ? "udp" : "tcp")} . {rule.HostPort}{(rule.Slot is { } slot ? $" . {slot}" : "")} : {rule.Target} . {rule.GuestPort}");

    private static void Set(StringBuilder text, string name, IEnumerable<string> interfaces) =>
        Block(text, $"set {name}", "type ifname", interfaces.Select(one => $"\"{one}\""));

    private static void Block(StringBuilder text, string head, string type, IEnumerable<string> elements)
    {
        string list = string.Join(", ", elements);
        text.Append(CultureInfo.InvariantCulture, $"\t{head} {{\n\t\t{type}\n");
        if (list.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\t\telements = {{ {list} }}\n");
        }

        text.Append("\t}\n");
    }
}
