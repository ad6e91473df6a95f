namespace LightVM.Toolstack;

/// <summary>What a network's definition must be, and what it is to be if parts are left out. Pure but for what it is told of the host.</summary>
internal static class NetworkRules
{
    public const string Default = "default";
    public const int MinMtu = 576;
    public const int MinMtu6 = 1280; // of IPv6's links
    public const int MaxMtu = 9000; // as lightvm-io has it, which refuses more
    public const int MaxInterfaceName = NetworkDerivation.MaxInterfaceName;

    private const uint OwnRange = 0x0a76_0000; // 10.118.0.0, to the end of 10/8
    private const int OwnPrefix = 20;
    private const int WidestRange = 9;

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public static void Check(string name, NetworkDefinition definition)
    {
        GuestRules.CheckName(name, "A network's name");
        GuestRules.CheckFleet(definition.Fleet);
        bool ipv6 = definition.Bridge is null && definition.Subnet6 is not "";
        int least = ipv6 ? MinMtu6 : MinMtu;
        if (definition.Mtu < least || definition.Mtu > MaxMtu)
        {
            throw Problems.InvalidArgument(
                $"Network '{name}': an MTU of {definition.Mtu} bytes is not possible.",
                name,
                $"Give it from {least}{(ipv6 ? " (IPv6 needs that; without it " + MinMtu + ")" : "")} to {MaxMtu}.");
        }

        if (definition.Bridge is not null)
        {
            CheckBridge(name, definition);
            return;
        }

        if (definition.Vlan != 0)
        {
            throw Problems.InvalidArgument(
                $"Network '{name}': a VLAN tag belongs to a bridge of the host, and none is named.", name, "Name the bridge, or leave the VLAN out.");
        }

        if (definition.Trusted)
        {
            throw Problems.InvalidArgument(
                $"Network '{name}': what guests send on a network of LightVM's own is always checked.", name, "Put guests that are routers or DHCP servers on a bridge of the host, or leave Trusted out.");
        }

        if (definition.Subnet is { } subnet)
        {
            _ = Ipv4Pool.Parse(subnet);
        }

        if (definition.Subnet6 is { Length: > 0 } subnet6)
        {
            _ = Ipv6Prefix.Parse(subnet6);
        }
    }

    /// <summary>The first /20 from 10.118.0.0 on that neither the host nor another network uses.</summary>
    /// <exception cref="LightVMException">PoolExhausted.</exception>
    public static Ipv4Pool FreePool(string name, IEnumerable<Ipv4Pool> occupied)
    {
        Ipv4Pool[] ranges = [.. occupied];
        const uint step = 1u << (32 - OwnPrefix);
        for (uint start = OwnRange; start >> 24 == 10; start += step)
        {
            var pool = new Ipv4Pool(start, OwnPrefix);
            if (!ranges.Any(range => Clashes(range, pool)))
            {
                return pool;
            }
        }

        throw new LightVMException(
            ErrorCodes.PoolExhausted,
            $"Network '{name}': no /{OwnPrefix} from 10.118.0.0 to 10.255.255.255 is free on this host.",
            name,
            "Remove networks, or give it a subnet: New-LightVMNetwork -Subnet.");
    }

    /// <summary>
    /// Whether a network cannot have a pool for a range of the host's. A wide route (the default one, a company's 10.0.0.0/8) is no
    /// reason: ours is narrower, and wins.
    /// </summary>
    public static bool Clashes(Ipv4Pool range, Ipv4Pool pool) =>
        (range.PrefixLength >= WidestRange || range.PrefixLength >= pool.PrefixLength) && range.Overlaps(pool);

    private static void CheckBridge(string name, NetworkDefinition definition)
    {
        string bridge = definition.Bridge!;
        if (bridge.Length is 0 or > MaxInterfaceName || bridge is "." or ".." || bridge.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw Problems.InvalidArgument(
                $"Network '{name}': '{bridge}' is no interface's name.", bridge, "Name a bridge of the host; `ip link show type bridge` lists them.");
        }

        if (definition.Vlan is < 0 or > 4094)
        {
            throw Problems.InvalidArgument($"Network '{name}': {definition.Vlan} is no VLAN.", name, "Give it from 1 to 4094, or 0 for untagged.");
        }

        if (!string.IsNullOrEmpty(definition.Subnet) || !string.IsNullOrEmpty(definition.Subnet6))
        {
            throw Problems.InvalidArgument(
                $"Network '{name}': on a bridge of the host LightVM gives out no addresses.", name, "Leave the subnets out, or the bridge.");
        }
    }
}
