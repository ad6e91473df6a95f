using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <summary>
/// All networks of this host, and what guests' adapters have on them: addresses, TAPs, ports of the host. Its methods may be called
/// from any thread. What the host has (TAPs, rules, dnsmasq) follows from the records, and is made so again at each start.
/// Failures that a user can meet are <see cref="LightVMException"/>.
/// </summary>
/// <remarks>
/// At a start: <see cref="Start"/>, then <see cref="Adopt"/> for each adapter of each guest that there is, <see cref="Publish"/>
/// for those that run, then <see cref="Settle"/>. An adapter then lives by <see cref="Lease"/> and <see cref="Release"/>.
/// </remarks>
public sealed class NetworkManager : IDisposable
{
    private readonly Lock _sync = new();
    private readonly NetworkTable _table;
    private readonly HashSet<string> _bridgeTaps = new(StringComparer.Ordinal);
    private readonly PublishedPorts _ports;
    private readonly NetworkParts _parts;

    internal NetworkManager(INetworkStore store, IEventLog events, NetworkParts parts)
    {
        _table = new NetworkTable(store, events, parts);
        _ports = new PublishedPorts(parts.Firewall, parts.PortUser);
        _parts = parts;
    }

    /// <summary>The networks of the machine that this runs on. <see cref="Start"/> follows.</summary>
    public static NetworkManager OnHost(ToolstackOptions options, INetworkStore store, IEventLog events)
    {
        var firewall = new NftFirewall(options.Log);
        return new NetworkManager(store, events, new NetworkParts
        {
            Links = new HostLinks(options.Log, () => firewall.IsApplied),
            Firewall = firewall,
            Names = new DnsmasqServers(options.RunDirectory, new SystemdUnits(), options.Log),
            PortUser = HostPorts.User,
            HostId = HostId.Read(),
            Log = options.Log,
        });
    }

    /// <summary>A network is other than it was (flags, MTU, addresses): it is to be said to lightvm-io again. Called outside of locks.</summary>
    public event Action<string>? Changed;

    /// <summary>A network is gone; its id. Called outside of locks.</summary>
    public event Action<Guid>? Removed;

    /// <summary>Loads what is remembered, makes <c>default</c> if it is not there, and has the host's interfaces be as remembered.</summary>
    public void Start()
    {
        lock (_sync)
        {
            _table.Load();
        }
    }

    /// <summary>
    /// Every guest's adapters are known: rules and name servers are brought up to date, and what killed daemons left is removed.
    /// Rules are made on another thread; <see cref="Publish"/> and <see cref="Put"/> wait for them.
    /// </summary>
    public void Settle()
    {
        lock (_sync)
        {
            string[] taps = [.. _bridgeTaps];
            _table.Try("remove TAPs of adapters that are no more", () => _parts.Links.RemoveOtherBridgeTaps(taps));
            _table.Settle();
        }
    }

    /// <summary>
    /// Waits until the rules are there that keep guests from each other's networks and from the host's loopback, or it is known
    /// that they cannot be made. Only the first guests after a boot of the host wait at all.
    /// </summary>
    public void WaitForRules() => _parts.Firewall.WaitUntilTried();

    /// <summary>The network of that name, or null.</summary>
    public Network? Find(string name)
    {
        lock (_sync)
        {
            return _table.Find(name)?.ToNetwork();
        }
    }

    /// <summary>Bytes; 0: there is no such network.</summary>
    public int FindMtu(string name)
    {
        lock (_sync)
        {
            return _table.Find(name)?.Record.Mtu ?? 0;
        }
    }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<Network> List()
    {
        lock (_sync)
        {
            return [.. _table.All.Select(network => network.ToNetwork())];
        }
    }

    /// <summary>Makes a network, or changes the one of that name. The same again changes nothing.</summary>
    /// <param name="change">False: one that is there with other values is NetworkExists.</param>
    /// <param name="created">Whether it is new.</param>
    /// <exception cref="LightVMException">
    /// InvalidArgument, NetworkExists, NetworkInUse (what cannot change while adapters are on it), PoolExhausted, AddressInUse (the
    /// subnet is used on the host), FeatureMissing, InternalError (the host refused; nothing has changed).
    /// </exception>
    public Network Put(string name, NetworkDefinition definition, bool change, string actor, out bool created)
    {
        NetworkRules.Check(name, definition);
        Network network;
        bool changed;
        lock (_sync)
        {
            network = _table.Put(name, definition, change, actor, out created, out changed).ToNetwork();
        }

        if (changed)
        {
            Changed?.Invoke(name);
        }

        return network;
    }

    /// <exception cref="LightVMException">NetworkNotFound, NetworkInUse, InvalidArgument (<c>default</c> stays).</exception>
    public void Remove(string name, string actor)
    {
        Guid id;
        lock (_sync)
        {
            id = _table.Remove(name, actor);
        }

        Removed?.Invoke(id);
    }

    /// <summary>Gives an adapter of a guest its MAC and addresses. Takes microseconds; the caller records them with the guest.</summary>
    /// <param name="mac">Null: derived from the names, the next free one if that is taken.</param>
    /// <param name="address">IPv4; null: likewise.</param>
    /// <exception cref="LightVMException">NetworkNotFound, InvalidArgument, AddressInUse, PoolExhausted.</exception>
    public AddressLease Lease(string network, string guest, string? mac = null, string? address = null)
    {
        lock (_sync)
        {
            AddressLease lease = _table.Get(network).Book.Take(guest, mac, address);
            if (!lease.OnBridge)
            {
                _parts.Names.Add(lease);
            }

            return lease;
        }
    }

    /// <summary>The lease of an adapter as a guest's record has it, at a start.</summary>
    /// <exception cref="LightVMException">As <see cref="Lease"/>: its network is not there, or another has that.</exception>
    public AddressLease Adopt(string network, string guest, string mac, string? address) => Lease(network, guest, mac, address);

    /// <summary>Gives a lease back; twice is no error.</summary>
    public void Release(AddressLease lease)
    {
        lock (_sync)
        {
            if (_table.Find(lease.Network)?.Book.Release(lease) == true && !lease.OnBridge)
            {
                _parts.Names.Drop(lease);
            }
        }
    }

    /// <summary>What lightvm-io is to know of it; null for a bridge of the user's, of which it knows only TAPs.</summary>
    /// <exception cref="LightVMException">NetworkNotFound.</exception>
    public IoNetwork? DescribeForIo(string name)
    {
        lock (_sync)
        {
            return _table.Get(name).ToIo();
        }
    }

    /// <summary>
    /// A queue of the network's TAP for lightvm-io: non-blocking, with vnet headers of 12 bytes, detached. The caller disposes it.
    /// </summary>
    /// <exception cref="LightVMException">NetworkNotFound, InternalError.</exception>
    public SafeHandle OpenTapQueue(string name)
    {
        lock (_sync)
        {
            return _parts.Links.OpenQueue(_table.Get(name).Record);
        }
    }

    /// <summary>
    /// Makes the TAP of an adapter on a bridge of the user's, or finds it, and opens a queue as <see cref="OpenTapQueue"/> does. At a
    /// start it must be called (and its result may be disposed) before <see cref="Settle"/> for those that are to stay.
    /// </summary>
    /// <param name="adapter">The adapter's id.</param>
    /// <exception cref="LightVMException">NetworkNotFound, InternalError.</exception>
    public SafeHandle CreateBridgeTap(AddressLease lease, Guid guest, int adapter)
    {
        lock (_sync)
        {
            string name = NetworkDerivation.BridgeTapName(guest, adapter);
            SafeHandle queue = _parts.Links.OpenBridgeTap(_table.Get(lease.Network).Record, name, lease.Mac);
            _bridgeTaps.Add(name);
            return queue;
        }
    }

    /// <summary>Removes such a TAP; one that is not there is no error.</summary>
    public void RemoveBridgeTap(Guid guest, int adapter)
    {
        lock (_sync)
        {
            string name = NetworkDerivation.BridgeTapName(guest, adapter);
            if (_bridgeTaps.Remove(name))
            {
                _table.Try($"remove the TAP '{name}'", () => _parts.Links.RemoveBridgeTap(name));
            }
        }
    }

    /// <summary>Leads ports of the host to a guest that starts, in place of those said before. They work when it returns.</summary>
    /// <param name="lease">Of its first adapter.</param>
    /// <exception cref="LightVMException">InvalidArgument, PortInUse, FeatureMissing or InternalError (nftables): then none is published.</exception>
    public void Publish(Guid guest, string name, AddressLease lease, IReadOnlyList<PublishedPort> ports)
    {
        List<PortRule> rules = PortTable.Rules(name, lease.Address, lease.Address6, ports);
        lock (_sync)
        {
            // While a lightvmd starts, what ran before goes on: what was free then is not asked about again.
            _ports.Publish(guest, name, rules, ask: _table.IsSettled);
        }
    }

    /// <summary>Whether the ports that a guest shares with others lead new connections to it. It is not asked for by single ports.</summary>
    public void Serve(Guid guest, bool serves)
    {
        lock (_sync)
        {
            _table.Try(serves ? "lead connections to a guest" : "lead connections past a guest", () => _ports.Serve(guest, serves));
        }
    }

    /// <summary>Whether ports of the host could be led to a guest that comes here. Nothing is taken.</summary>
    /// <exception cref="LightVMException">InvalidArgument, PortInUse.</exception>
    public void CheckPorts(string name, IReadOnlyList<PublishedPort> ports)
    {
        List<PortRule> rules = PortTable.Rules(name, System.Net.IPAddress.Any, System.Net.IPAddress.IPv6Any, ports);
        lock (_sync)
        {
            _ports.Check(name, rules);
        }
    }

    /// <summary>Takes back what a guest has published; nothing is no error.</summary>
    public void Unpublish(Guid guest)
    {
        lock (_sync)
        {
            _table.Try("take published ports back", () => _ports.Unpublish(guest));
        }
    }

    /// <summary>Ends its threads; networks go on.</summary>
    public void Dispose()
    {
        (_parts.Names as IDisposable)?.Dispose();
        (_parts.Firewall as IDisposable)?.Dispose();
        (_parts.Links as IDisposable)?.Dispose();
    }
}
