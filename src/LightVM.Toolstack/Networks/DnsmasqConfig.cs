using System.Globalization;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>
/// What dnsmasq reads for one network: its configuration, and two files with a line or two for each adapter, which it reads again
/// when it is told to. Pure.
/// </summary>
internal static class DnsmasqConfig
{
    /// <summary>Below this domain, which ICANN has set apart for private use: GUEST.NETWORK.internal.</summary>
    public const string Domain = "internal";

    /// <summary>For DHCP: who has which address.</summary>
    public const string HostsFile = "dhcp-hosts";

    /// <summary>For DNS.</summary>
    public const string NamesFile = "dns-names";

    /// <param name="directory">Of this network, where its files are.</param>
    public static string Text(NetworkRecord network, string directory)
    {
        Ipv4Pool pool = Ipv4Pool.Parse(network.Subnet!);
        string domain = $"{network.Name}.{Domain}";
        var text = new StringBuilder();
        // --interface alone would take lo too.
        text.Append(CultureInfo.InvariantCulture, $"""
            # Of network '{network.Name}'; lightvmd writes this file.
            interface={network.Interface}
            except-interface=lo
            bind-dynamic
            no-hosts
            addn-hosts={directory}/{NamesFile}
            domain={domain}
            local=/{domain}/
            domain-needed
            bogus-priv
            cache-size=1000
            dhcp-hostsfile={directory}/{HostsFile}
            dhcp-range={Ipv4Pool.ToAddress(pool.Base)},static,{Ipv4Pool.ToAddress(uint.MaxValue << (32 - pool.PrefixLength))},infinite
            dhcp-ignore=tag:!known
            dhcp-option=option:mtu,{network.Mtu}
            dhcp-authoritative
            dhcp-lease-max=65536
            leasefile-ro
            no-ping
            quiet-dhcp
            quiet-ra

            """);
        if (!network.Nat)
        {
            text.Append("# Nothing lies beyond the host.\ndhcp-option=option:router\n");
        }

        if (network.Subnet6 is { } subnet6)
        {
            Ipv6Prefix prefix = Ipv6Prefix.Parse(subnet6);
            text.Append(CultureInfo.InvariantCulture, $"""
                enable-ra
                dhcp-range={prefix.ToAddress(0)},ra-only,{Ipv6Prefix.Length}
                ra-param={network.Interface},mtu:{network.Mtu},600,{(network.Nat ? 1800 : 0)}

                """);
        }

        return text.ToString();
    }

    /// <summary>For DHCP: who has that MAC gets that address, and nobody else one.</summary>
    public static string Host(AddressLease lease) =>
        IsKeyword(lease.Guest) ? $"{lease.Mac},{lease.Address},infinite\n" : $"{lease.Mac},{lease.Address},{lease.Guest},infinite\n";

    /// <summary>
    /// What dnsmasq takes for something else than a host's name where it reads one: a guest named 'ignore' would get no answer at
    /// all. The name is left out then; for DNS it has it all the same, and DHCP tells it from there.
    /// </summary>
    private static bool IsKeyword(string name) => name is "ignore" or "infinite" ||
        (name[^1] is 's' or 'm' or 'h' or 'd' or 'w' && name.Length > 1 ? name[..^1] : name).All(char.IsAsciiDigit);

    /// <summary>For DNS, in the form of /etc/hosts.</summary>
    public static string Names(AddressLease lease)
    {
        string names = $"{lease.Guest}.{lease.Network}.{Domain} {lease.Guest}\n";
        return $"{lease.Address} {names}" + (lease.Address6 is null ? "" : $"{lease.Address6} {names}");
    }
}
