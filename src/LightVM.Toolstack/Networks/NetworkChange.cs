namespace LightVM.Toolstack;

/// <summary>What sets a network apart from its definition. Pure.</summary>
internal static class NetworkChange
{
    /// <summary>Whether the network is as the definition says; what it leaves out agrees with anything.</summary>
    public static bool Agrees(NetworkRecord record, NetworkDefinition definition) => Differences(record, definition).Count == 0;

    /// <summary>For people: <c>mtu is 1500 and not 9000</c>.</summary>
    public static string Describe(NetworkRecord record, NetworkDefinition definition) =>
        string.Join(", ", Differences(record, definition).Select(d => $"{d.Name} is {d.Is} and not {d.Wanted}"));

    public static string Describe(NetworkRecord before, NetworkRecord after) =>
        string.Join(", ", Pairs(before, after).Where(d => d.Is != d.Wanted).Select(d => $"{d.Name} is {d.Wanted} now"));

    private static List<(string Name, string Is, string Wanted)> Differences(NetworkRecord record, NetworkDefinition definition)
    {
        bool bridged = definition.Bridge is not null;
        NetworkRecord wanted = record.As(definition) with
        {
            Subnet = bridged ? null : definition.Subnet ?? record.Subnet,
            Subnet6 = bridged || definition.Subnet6 is "" ? null : definition.Subnet6 is { } given ? Ipv6Prefix.Parse(given).ToString() : record.Subnet6,
        };
        return [.. Pairs(record, wanted).Where(d => d.Is != d.Wanted)];
    }

    private static IEnumerable<(string Name, string Is, string Wanted)> Pairs(NetworkRecord a, NetworkRecord b)
    {
        yield return ("subnet", Text(a.Subnet), Text(b.Subnet));
        yield return ("subnet6", Text(a.Subnet6), Text(b.Subnet6));
        yield return ("mtu", Text(a.Mtu), Text(b.Mtu));
        yield return ("dhcp", Text(a.Dhcp), Text(b.Dhcp));
        yield return ("nat", Text(a.Nat), Text(b.Nat));
        yield return ("broadcast", Text(a.Broadcast), Text(b.Broadcast));
        yield return ("multicast", Text(a.Multicast), Text(b.Multicast));
        yield return ("isolated", Text(a.Isolated), Text(b.Isolated));
        yield return ("bridge", Text(a.Bridge), Text(b.Bridge));
        yield return ("vlan", Text(a.Vlan), Text(b.Vlan));
        yield return ("trusted", Text(a.Trusted), Text(b.Trusted));
        yield return ("fleet", Text(a.Fleet), Text(b.Fleet));
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "on" : "off",
        _ => value.ToString()!,
    };
}
