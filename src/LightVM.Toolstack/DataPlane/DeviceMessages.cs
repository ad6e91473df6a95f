namespace LightVM.Toolstack;

/// <summary>Networks and devices as lightvm-io is told of them. Pure.</summary>
internal static class DeviceMessages
{
    public static IoMessages.Network Of(IoNetwork network) => new()
    {
        Uuid = network.Id,
        Name = network.Name,
        Flags = (network.Broadcast ? IoMessages.NetworkBroadcast : 0) |
            (network.Multicast ? IoMessages.NetworkMulticast : 0) |
            (network.Isolated ? IoMessages.NetworkIsolated : 0),
        Mtu = (ushort)network.Mtu,
        HostMac = Bytes(network.HostMac),
        Ipv4Host = network.Gateway,
        Ipv4Prefix = (byte)network.PrefixLength,
        Ipv6Prefix = (byte)network.Prefix6Length,
        Ipv6Host = network.Gateway6,
    };

    /// <param name="network">Null: it is on a bridge of the user's.</param>
    /// <param name="mtu">Bytes.</param>
    /// <param name="trusted">What it sends is not checked: only on a bridge of the user's.</param>
    public static IoMessages.Net Of(Guid guest, Life life, AdapterRecord adapter, AddressLease lease, IoNetwork? network, int mtu, bool trusted = false) => new()
    {
        Uuid = guest,
        DomainId = life.Domain,
        Id = (ushort)adapter.Id,
        Slot = SlotOf(life, adapter.Slot),
        Network = network?.Id ?? Guid.Empty,
        Flags = trusted && network is null ? IoMessages.NetTrusted : 0,
        Mtu = (ushort)mtu,
        Mac = Bytes(lease.Mac),
        Rate = (ulong)adapter.RateLimit,
        Ipv4 = lease.Address,
        Ipv4Gateway = network?.Gateway,
        Ipv4Dns = network?.Gateway,
        Ipv4Prefix = (byte)lease.PrefixLength,
        Ipv6Prefix = (byte)lease.Prefix6Length,
        Ipv6 = lease.Address6,
        Ipv6Gateway = lease.Address6 is null ? null : network?.Gateway6,
    };

    public static IoMessages.Block Of(Guid guest, Life life, OpenDisk disk) => new()
    {
        Uuid = guest,
        DomainId = life.Domain,
        Id = (ushort)disk.Record.Id,
        Slot = SlotOf(life, disk.Record.Slot),
        Sectors = (ulong)(disk.Size / disk.SectorSize * (disk.SectorSize / Native.DiskFile.SectorSize)),
        SectorSize = (uint)disk.SectorSize,
        ReadOnly = disk.Record.ReadOnly ? 1u : 0,
        Number = disk.Record.Number,
    };

    /// <summary>Which devices the guest is to have.</summary>
    public static IoMessages.Devices Of(GuestRecord record, Life life)
    {
        var message = new IoMessages.Devices { Uuid = record.Id, DomainId = life.Domain };
        foreach (AdapterRecord adapter in record.Adapters)
        {
            message.Adapters |= 1u << adapter.Id;
        }

        foreach (DiskRecord disk in record.Disks)
        {
            message.Disks |= 1u << disk.Id;
        }

        return message;
    }

    private static ushort SlotOf(Life life, int slot) => life.StoreEventChannel == 0 ? (ushort)slot : (ushort)0;

    private static IoMessages.Mac Bytes(MacAddress mac)
    {
        IoMessages.Mac bytes = default;
        mac.Write(bytes);
        return bytes;
    }
}
