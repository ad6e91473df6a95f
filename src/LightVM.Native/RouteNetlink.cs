using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>rtnetlink: the host's interfaces, addresses and routes. All failures are <see cref="XenException"/> with the kernel's errno.</summary>
public sealed unsafe class RouteNetlink : IDisposable
{
    private const ushort NewLink = 16;
    private const ushort DeleteLinkType = 17;
    private const ushort GetLink = 18;
    private const ushort SetLinkType = 19;
    private const ushort NewAddress = 20;
    private const ushort GetAddress = 22;
    private const ushort GetRoute = 26;

    private const ushort LinkAddress = 1;
    private const ushort LinkName = 3;
    private const ushort LinkMtu = 4;
    private const ushort LinkMaster = 10;
    private const ushort LinkInfo = 18;
    private const ushort LinkAlias = 20;
    private const ushort LinkFamilySpecific = 26;
    private const ushort BridgeVlanInfo = 2;
    private const ushort BridgeVlanPvid = 2;
    private const ushort BridgeVlanUntagged = 4;
    private const byte FamilyBridge = 7;
    private const uint FlagUp = 1;
    private const uint AddressNoDuplicateDetection = 2;
    private const byte RouteUnicast = 1;

    private readonly NetlinkSocket _socket = NetlinkSocket.Open(NetlinkSocket.Route);

    public IReadOnlyList<HostLink> Links()
    {
        var links = new List<HostLink>();
        _socket.Dump(
            () => new NetlinkMessage(GetLink, NetlinkMessage.Dump).Append(default(LinkHeader)),
            "list interfaces",
            links.Clear,
            (type, payload) =>
            {
                if (type == NewLink && payload.Length >= sizeof(LinkHeader))
                {
                    links.Add(Parse(payload));
                }
            });
        return links;
    }

    public HostLink? Find(string name)
    {
        HostLink? found = null;
        try
        {
            _socket.Dump(
                // No dump, one answer: ends with its acknowledgement.
                () => new NetlinkMessage(GetLink, NetlinkMessage.Acknowledge).Append(default(LinkHeader)).Attribute(LinkName, name),
                $"find interface '{name}'",
                static () => { },
                (type, payload) => found = type == NewLink ? Parse(payload) : found);
        }
        catch (XenException e) when (e.ErrorNumber is Errno.ENODEV)
        {
            return null;
        }

        return found;
    }

    /// <summary>Changes an interface: what is null stays.</summary>
    public void Set(HostLink link, bool? up = null, int? mtu = null, string? alias = null, byte[]? address = null, int? master = null)
    {
        var message = new NetlinkMessage(SetLinkType, NetlinkMessage.Acknowledge).Append(new LinkHeader
        {
            Index = link.Index,
            Flags = up == true ? FlagUp : 0,
            Change = up is null ? 0 : FlagUp,
        });
        if (mtu is { } bytes)
        {
            message.Attribute(LinkMtu, (uint)bytes);
        }

        if (alias is not null)
        {
            message.Attribute(LinkAlias, System.Text.Encoding.UTF8.GetBytes(alias));
        }

        if (address is not null)
        {
            message.Attribute(LinkAddress, address);
        }

        if (master is { } index)
        {
            message.Attribute(LinkMaster, (uint)index);
        }

        _socket.Do(message, $"set up interface '{link.Name}'");
    }

    public void Delete(HostLink link) => _socket.Do(
        new NetlinkMessage(DeleteLinkType, NetlinkMessage.Acknowledge).Append(new LinkHeader { Index = link.Index }),
        $"remove interface '{link.Name}'");

    /// <summary>Gives an interface an address, at once usable (no duplicate detection); one that it has is no error.</summary>
    public void AddAddress(HostLink link, IPAddress address, int prefixLength)
    {
        bool ipv4 = address.AddressFamily == AddressFamily.InterNetwork;
        byte[] bytes = address.GetAddressBytes();
        var message = new NetlinkMessage(NewAddress, NetlinkMessage.Acknowledge | NetlinkMessage.Create | NetlinkMessage.Replace)
            .Append(new AddressHeader { Family = Family(ipv4), PrefixLength = (byte)prefixLength, Index = link.Index })
            .Attribute(2, bytes)
            .Attribute(1, bytes);
        if (ipv4)
        {
            uint host = BinaryPrimitives.ReadUInt32BigEndian(bytes) | (uint)((1UL << (32 - prefixLength)) - 1);
            var broadcast = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(broadcast, host);
            message.Attribute(4, broadcast);
        }
        else
        {
            message.Attribute(8, AddressNoDuplicateDetection);
        }

        _socket.Do(message, $"give interface '{link.Name}' the address {address}/{prefixLength}");
    }

    /// <summary>IPv4 addresses with their prefix lengths and interfaces' indices.</summary>
    public IReadOnlyList<(IPAddress Address, int PrefixLength, int Link)> Addresses4()
    {
        var found = new List<(IPAddress, int, int)>();
        _socket.Dump(
            () => new NetlinkMessage(GetAddress, NetlinkMessage.Dump).Append(new AddressHeader { Family = Family(true) }),
            "list addresses",
            found.Clear,
            (type, payload) =>
            {
                int size = sizeof(AddressHeader);
                if (type != NewAddress || payload.Length < size)
                {
                    return;
                }

                AddressHeader header = MemoryMarshal.Read<AddressHeader>(payload);
                var attributes = new NetlinkAttributes(payload[size..]);
                IPAddress? address = null;
                while (attributes.Next())
                {
                    // IFA_LOCAL is the interface's own; IFA_ADDRESS its peer's where there is one.
                    if (attributes.Value.Length == 4 && (attributes.Type == 2 || (attributes.Type == 1 && address is null)))
                    {
                        address = new IPAddress(attributes.Value);
                    }
                }

                if (address is not null)
                {
                    found.Add((address, header.PrefixLength, header.Index));
                }
            });
        return found;
    }

    /// <summary>IPv4 unicast routes of all tables: destination, prefix length, interface's index.</summary>
    public IReadOnlyList<(IPAddress Address, int PrefixLength, int Link)> Routes4()
    {
        var found = new List<(IPAddress, int, int)>();
        _socket.Dump(
            () => new NetlinkMessage(GetRoute, NetlinkMessage.Dump).Append(new RouteHeader { Family = Family(true) }),
            "list routes",
            found.Clear,
            (_, payload) =>
            {
                int size = sizeof(RouteHeader);
                if (payload.Length < size || MemoryMarshal.Read<RouteHeader>(payload) is not { Type: RouteUnicast } header)
                {
                    return;
                }

                var attributes = new NetlinkAttributes(payload[size..]);
                IPAddress address = IPAddress.Any;
                int link = 0;
                while (attributes.Next())
                {
                    if (attributes is { Type: 1, Value.Length: 4 })
                    {
                        address = new IPAddress(attributes.Value);
                    }
                    else if (attributes.Type == 4)
                    {
                        link = (int)attributes.Number;
                    }
                }

                found.Add((address, header.DestinationLength, link));
            });
        return found;
    }

    /// <summary>Makes a port of a bridge an untagged member of one VLAN, and takes it out of that in which each port begins.</summary>
    /// <param name="initial">The bridge's default_pvid; 0: none.</param>
    public void SetBridgeVlan(HostLink port, int vlan, int initial)
    {
        _socket.Do(Vlan(SetLinkType, port, vlan, BridgeVlanPvid | BridgeVlanUntagged), $"put '{port.Name}' into VLAN {vlan}");
        if (vlan != initial && initial != 0)
        {
            try
            {
                _socket.Do(Vlan(DeleteLinkType, port, initial, 0), $"take '{port.Name}' out of VLAN {initial}");
            }
            catch (XenException e) when (e.ErrorNumber is Errno.ENOENT)
            {
                // It was taken out of it before.
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static NetlinkMessage Vlan(ushort type, HostLink port, int vlan, ushort flags) =>
        new NetlinkMessage(type, NetlinkMessage.Acknowledge)
            .Append(new LinkHeader { Family = FamilyBridge, Index = port.Index })
            .Nest(LinkFamilySpecific, spec =>
            {
                Span<byte> info = stackalloc byte[4];
                BinaryPrimitives.WriteUInt16LittleEndian(info, flags);
                BinaryPrimitives.WriteUInt16LittleEndian(info[2..], (ushort)vlan);
                spec.Attribute(BridgeVlanInfo, info);
            });

    private static HostLink Parse(ReadOnlySpan<byte> payload)
    {
        LinkHeader header = MemoryMarshal.Read<LinkHeader>(payload);
        var attributes = new NetlinkAttributes(payload[sizeof(LinkHeader)..]);
        string name = "", alias = "", kind = "";
        int mtu = 0, master = 0;
        byte[] address = [];
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case LinkName: name = attributes.Text; break;
                case LinkAlias: alias = attributes.Text; break;
                case LinkMtu: mtu = (int)attributes.Number; break;
                case LinkMaster: master = (int)attributes.Number; break;
                case LinkAddress: address = attributes.Value.ToArray(); break;
                case LinkInfo:
                    var info = new NetlinkAttributes(attributes.Value);
                    while (info.Next())
                    {
                        kind = info.Type == 1 ? info.Text : kind;
                    }

                    break;
                default: break;
            }
        }

        return new HostLink
        {
            Index = header.Index, Name = name, Alias = alias, Kind = kind, Mtu = mtu, Master = master, Address = address, IsUp = (header.Flags & FlagUp) != 0,
        };
    }

    private static byte Family(bool ipv4) => ipv4 ? (byte)2 : (byte)10;

    /// <summary>struct ifinfomsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LinkHeader
    {
        public byte Family;
        public byte Reserved;
        public ushort Type;
        public int Index;
        public uint Flags;
        public uint Change;
    }

    /// <summary>struct ifaddrmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AddressHeader
    {
        public byte Family;
        public byte PrefixLength;
        public byte Flags;
        public byte Scope;
        public int Index;
    }

    /// <summary>struct rtmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RouteHeader
    {
        public byte Family;
        public byte DestinationLength;
        public byte SourceLength;
        public byte Service;
        public byte Table;
        public byte Protocol;
        public byte Scope;
        public byte Type;
        public uint Flags;
    }
}
