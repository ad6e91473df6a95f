namespace LightVM.Toolstack;

/// <summary>A network in memory. Guarded by its manager.</summary>
internal sealed class ManagedNetwork(NetworkRecord record)
{
    public NetworkRecord Record { get; set; } = record;

    public AddressBook Book { get; } = new(record);

    public Network ToNetwork()
    {
        NetworkRecord r = Record;
        return new Network
        {
            Name = r.Name,
            Id = r.Id,
            Subnet = r.Subnet,
            Gateway = r.Subnet is null ? null : Ipv4Pool.ToAddress(Ipv4Pool.Parse(r.Subnet).Host).ToString(),
            Subnet6 = r.Subnet6,
            Gateway6 = r.Subnet6 is null ? null : Ipv6Prefix.Parse(r.Subnet6).Host.ToString(),
            Mtu = r.Mtu,
            Dhcp = r.Dhcp,
            Nat = r.Nat,
            Broadcast = r.Broadcast,
            Multicast = r.Multicast,
            Isolated = r.Isolated,
            Bridge = r.Bridge,
            Vlan = r.Vlan,
            Trusted = r.Trusted,
            Interface = r.Interface,
            AdapterCount = Book.Count,
            FreeAddresses = Book.FreeCount,
            Fleet = r.Fleet,
        };
    }

    public IoNetwork? ToIo()
    {
        NetworkRecord r = Record;
        if (r.Bridge is not null)
        {
            return null;
        }

        Ipv4Pool? pool = r.Subnet is null ? null : Ipv4Pool.Parse(r.Subnet);
        Ipv6Prefix? prefix = r.Subnet6 is null ? null : Ipv6Prefix.Parse(r.Subnet6);
        return new IoNetwork
        {
            Id = r.Id,
            Name = r.Name,
            Broadcast = r.Broadcast,
            Multicast = r.Multicast,
            Isolated = r.Isolated,
            Mtu = r.Mtu,
            HostMac = NetworkDerivation.HostMac(r.Name),
            Gateway = pool is { } p ? Ipv4Pool.ToAddress(p.Host) : null,
            PrefixLength = pool?.PrefixLength ?? 0,
            Gateway6 = prefix?.Host,
            Prefix6Length = prefix is null ? 0 : Ipv6Prefix.Length,
            Nat = r.Nat,
        };
    }
}
