using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <summary>Which ports of the host are published, by whom. Pure; not thread-safe.</summary>
internal sealed class PortTable
{
    private readonly Dictionary<(bool Udp, int Port), List<Entry>> _byPort = [];
    private readonly Dictionary<Guid, List<PortRule>> _byGuest = [];

    /// <summary>Rules of a guest, none if it has published nothing.</summary>
    public IReadOnlyList<PortRule> Of(Guid guest) => _byGuest.GetValueOrDefault(guest) ?? [];

    /// <summary>The rules that these ports make for a guest of that address. Checks them, against each other too.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static List<PortRule> Rules(string guest, IPAddress? address, IPAddress? address6, IReadOnlyList<PublishedPort> ports)
    {
        var rules = new List<PortRule>(ports.Count);
        foreach (PublishedPort port in ports)
        {
            bool udp = port.Protocol switch
            {
                "tcp" => false,
                "udp" => true,
                _ => throw Invalid(guest, port, $"its protocol '{port.Protocol}' is neither tcp nor udp"),
            };
            if (port.HostPort is < 1 or > 65535 || port.GuestPort is < 1 or > 65535)
            {
                throw Invalid(guest, port, "ports are 1 to 65535");
            }

            if (!TryReadAddress(port.HostAddress, out IPAddress? host))
            {
                throw Invalid(guest, port, $"'{port.HostAddress}' is no address that a host has for itself");
            }

            int before = rules.Count;
            if (address is not null && host?.AddressFamily is null or AddressFamily.InterNetwork)
            {
                rules.Add(new PortRule(udp, host, port.HostPort, address!, port.GuestPort) { Group = port.Group });
            }

            if (address6 is not null && host?.AddressFamily is null or AddressFamily.InterNetworkV6)
            {
                rules.Add(new PortRule(udp, host, port.HostPort, address6!, port.GuestPort) { Group = port.Group });
            }

            if (rules.Count == before)
            {
                throw Invalid(guest, port, "the guest's first adapter has no address of that family that LightVM knows");
            }
        }

        for (int i = 0; i < rules.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (Collide(rules[i], rules[j]))
                {
                    throw new LightVMException(
                        ErrorCodes.InvalidArgument,
                        $"Guest '{guest}' publishes {Describe(rules[i])} twice.",
                        guest,
                        "Publish each port of the host once.");
                }
            }
        }

        return rules;
    }

    /// <summary>
    /// The address of the host that a port is published at. What .NET takes beside whole addresses ('1', '0x7f000001', IPv4 within
    /// IPv6, a zone after '%') would be one thing here and another, or nothing, to nftables: one such element, and its whole table
    /// could not be made again.
    /// </summary>
    /// <param name="address">Null: all of them.</param>
    /// <returns>False: it is none.</returns>
    public static bool TryReadAddress(string? text, out IPAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        if (!IPAddress.TryParse(text, out IPAddress? parsed) || text.Contains('%', StringComparison.Ordinal) ||
            (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != text) ||
            parsed.IsIPv4MappedToIPv6 || parsed.IsIPv6LinkLocal || parsed.IsIPv6Multicast)
        {
            return false;
        }

        address = parsed.Equals(IPAddress.Any) || parsed.Equals(IPAddress.IPv6Any) ? null : parsed;
        return true;
    }

    /// <summary>Enters a guest's rules.</summary>
    /// <exception cref="LightVMException">PortInUse: another guest has one; nothing is entered then.</exception>
    public void Add(Guid guest, string name, List<PortRule> rules)
    {
        foreach (PortRule rule in rules)
        {
            if (_byPort.GetValueOrDefault((rule.Udp, rule.HostPort))?.Find(entry => Collide(entry.Rule, rule) && !Share(entry.Rule, rule)) is { } held)
            {
                throw InUse(name, rule, $"guest '{held.Name}' has published it{(held.Rule.Group is null ? "" : $" for the group '{held.Rule.Group}'")}");
            }
        }

        foreach (PortRule rule in rules)
        {
            if (!_byPort.TryGetValue((rule.Udp, rule.HostPort), out List<Entry>? entries))
            {
                _byPort.Add((rule.Udp, rule.HostPort), entries = []);
            }

            entries.Add(new Entry(rule, guest, name));
        }

        _byGuest.Add(guest, rules);
    }

    /// <summary>The rules of a shared port that lead to these guests, in the order of their addresses.</summary>
    public IReadOnlyList<PortRule> Sharing(SharedPort port, IReadOnlySet<Guid> guests) =>
    [
        .. (_byPort.GetValueOrDefault((port.Udp, port.HostPort)) ?? [])
            .Where(entry => entry.Rule.Group is not null && SharedPort.Of(entry.Rule) == port && guests.Contains(entry.Guest))
            .Select(entry => entry.Rule)
            .OrderBy(rule => Convert.ToHexString(rule.Target.GetAddressBytes()), StringComparer.Ordinal),
    ];

    /// <summary>Takes a guest's rules out, and returns them.</summary>
    public IReadOnlyList<PortRule> Remove(Guid guest)
    {
        if (!_byGuest.Remove(guest, out List<PortRule>? rules))
        {
            return [];
        }

        foreach (PortRule rule in rules)
        {
            // Two rules of one port, for IPv4 and IPv6, share the list.
            if (_byPort.TryGetValue((rule.Udp, rule.HostPort), out List<Entry>? entries)
                && entries.RemoveAll(entry => entry.Guest == guest) > 0 && entries.Count == 0)
            {
                _byPort.Remove((rule.Udp, rule.HostPort));
            }
        }

        return rules;
    }

    public static LightVMException InUse(string guest, PortRule rule, string why) => new(
        ErrorCodes.PortInUse,
        $"Guest '{guest}' cannot publish {Describe(rule)}: {why}.",
        rule.HostPort.ToString(CultureInfo.InvariantCulture),
        "Choose another port of the host, or free that one first.");

    public static string Describe(PortRule rule) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(rule.Udp ? "UDP" : "TCP")} port {rule.HostPort}{(rule.HostAddress is null ? "" : $" of {rule.HostAddress}")}");

    private static bool Collide(PortRule a, PortRule b) =>
        a.Udp == b.Udp && a.HostPort == b.HostPort && a.Target.AddressFamily == b.Target.AddressFamily
        && (a.HostAddress is null || b.HostAddress is null || a.HostAddress.Equals(b.HostAddress));

    /// <summary>Whether both are of one group, and of one address of the host: then the port is spread over their guests.</summary>
    private static bool Share(PortRule a, PortRule b) => a.Group is not null && a.Group == b.Group && Equals(a.HostAddress, b.HostAddress);

    private static LightVMException Invalid(string guest, PublishedPort port, string why) => Problems.InvalidArgument(
        $"Guest '{guest}' cannot publish {port}: {why}.", port.ToString(), "Write HOSTPORT:GUESTPORT, ADDRESS:HOSTPORT:GUESTPORT, each with /udp for UDP.");

    private sealed record Entry(PortRule Rule, Guid Guest, string Name);
}
