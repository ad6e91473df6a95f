using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <summary>
/// All networks of this host: what they are, who has which address, and what the host has of them. Its methods may be called
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
    private readonly SortedDictionary<string, ManagedNetwork> _networks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _bridgeTaps = new(StringComparer.Ordinal);
    private readonly PublishedPorts _ports;
    private readonly INetworkStore _store;
    private readonly IEventLog _events;
    private readonly INetworkLinks _links;
    private readonly IFirewall _firewall;
    private readonly INameServers _names;
    private readonly Action<LogSeverity, string> _log;
    private readonly NetworkCompletion _completion;
    private bool _settled;

    internal NetworkManager(INetworkStore store, IEventLog events, NetworkParts parts)
    {
        _store = store;
        _events = events;
        _links = parts.Links;
        _firewall = parts.Firewall;
        _names = parts.Names;
        _ports = new PublishedPorts(parts.Firewall, parts.PortUser);
        _log = parts.Log;
        _completion = new NetworkCompletion(parts.Links, parts.HostId);
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
        long begin = Stopwatch.GetTimestamp();
        lock (_sync)
        {
            foreach (NetworkRecord record in _store.LoadNetworks())
            {
                _networks[record.Name] = new ManagedNetwork(record);
            }

            var records = _networks.Values.Select(network => network.Record).ToList();
            Try("remove interfaces of networks that are no more", () => _links.RemoveOtherNetworks(records));
            foreach (NetworkRecord record in records)
            {
                // One that cannot be made must not keep the others away; OpenTapQueue tries again, and says why.
                Try($"make network '{record.Name}'", () => _links.Ensure(record));
                _names.Set(record);
            }

            if (!_networks.ContainsKey(NetworkRules.Default))
            {
                Try("make network 'default'", MakeDefault);
            }

            _log(LogSeverity.Debug, string.Create(
                CultureInfo.InvariantCulture, $"{_networks.Count} networks were as they are to be after {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0} ms."));
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
            _settled = true;
            string[] taps = [.. _bridgeTaps];
            Try("remove TAPs of adapters that are no more", () => _links.RemoveOtherBridgeTaps(taps));
            _names.Settle();
            _firewall.Start(Switches());
        }
    }

    /// <summary>
    /// Waits until the rules are there that keep guests from each other's networks and from the host's loopback, or it is known
    /// that they cannot be made. Only the first guests after a boot of the host wait at all.
    /// </summary>
    public void WaitForRules() => _firewall.WaitUntilTried();

    /// <summary>The network of that name, or null.</summary>
    public Network? Find(string name)
    {
        lock (_sync)
        {
            return _networks.GetValueOrDefault(name)?.ToNetwork();
        }
    }

    /// <summary>Bytes; 0: there is no such network.</summary>
    public int FindMtu(string name)
    {
        lock (_sync)
        {
            return _networks.GetValueOrDefault(name)?.Record.Mtu ?? 0;
        }
    }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<Network> List()
    {
        lock (_sync)
        {
            return [.. _networks.Values.Select(network => network.ToNetwork())];
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
        lock (_sync)
        {
            created = !_networks.TryGetValue(name, out ManagedNetwork? present);
            if (present is null)
            {
                return Create(name, definition, actor).ToNetwork();
            }

            if (NetworkChange.Agrees(present.Record, definition))
            {
                return present.ToNetwork();
            }

            if (!change)
            {
                throw new LightVMException(
                    ErrorCodes.NetworkExists,
                    $"A network '{name}' exists on this host, and is another: {NetworkChange.Describe(present.Record, definition)}.",
                    name,
                    $"Choose another name, or change that network with Set-LightVMNetwork {name} or by a spec.");
            }

            network = Change(present, definition, actor).ToNetwork();
        }

        Changed?.Invoke(name);
        return network;
    }

    /// <exception cref="LightVMException">NetworkNotFound, NetworkInUse, InvalidArgument (<c>default</c> stays).</exception>
    public void Remove(string name, string actor)
    {
        Guid id;
        lock (_sync)
        {
            ManagedNetwork network = Get(name);
            if (name == NetworkRules.Default)
            {
                throw Problems.InvalidArgument("The network 'default' of a host stays.", name, "Change it if it is not as you want it: Set-LightVMNetwork default.");
            }

            if (network.Book.Count > 0)
            {
                throw NetworkProblems.InUse(name, network.Book, "is not removed");
            }

            id = network.Record.Id;
            _store.DeleteNetwork(name);
            _networks.Remove(name);
            _names.Remove(network.Record);
            // It is forgotten now: what cannot be taken away here, the next start takes away.
            Try("update the rules of networks", SetFirewall);
            Try($"remove the interface of network '{name}'", () => _links.Remove(network.Record));
            _events.Append(EventKinds.NetworkRemoved, name, null, $"Network '{name}' was removed.", actor);
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
            AddressLease lease = Get(network).Book.Take(guest, mac, address);
            if (!lease.OnBridge)
            {
                _names.Add(lease);
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
            if (_networks.TryGetValue(lease.Network, out ManagedNetwork? network) && network.Book.Release(lease) && !lease.OnBridge)
            {
                _names.Drop(lease);
            }
        }
    }

    /// <summary>What lightvm-io is to know of it; null for a bridge of the user's, of which it knows only TAPs.</summary>
    /// <exception cref="LightVMException">NetworkNotFound.</exception>
    public IoNetwork? DescribeForIo(string name)
    {
        lock (_sync)
        {
            return Get(name).ToIo();
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
            return _links.OpenQueue(Get(name).Record);
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
            SafeHandle queue = _links.OpenBridgeTap(Get(lease.Network).Record, name, lease.Mac);
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
                Try($"remove the TAP '{name}'", () => _links.RemoveBridgeTap(name));
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
            _ports.Publish(guest, name, rules, ask: _settled);
        }
    }

    /// <summary>Whether the ports that a guest shares with others lead new connections to it. It is not asked for by single ports.</summary>
    public void Serve(Guid guest, bool serves)
    {
        lock (_sync)
        {
            Try(serves ? "lead connections to a guest" : "lead connections past a guest", () => _ports.Serve(guest, serves));
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
            Try("take published ports back", () => _ports.Unpublish(guest));
        }
    }

    /// <summary>Ends its threads; networks go on.</summary>
    public void Dispose()
    {
        (_names as IDisposable)?.Dispose();
        (_firewall as IDisposable)?.Dispose();
        (_links as IDisposable)?.Dispose();
    }

    private ManagedNetwork Get(string name) => _networks.GetValueOrDefault(name) ?? throw NetworkProblems.NotFound(name);

    private ManagedNetwork Create(string name, NetworkDefinition definition, string actor)
    {
        NetworkRecord record = Complete(name, definition, null);
        var network = new ManagedNetwork(record);
        _links.Ensure(record);
        _networks[name] = network;
        try
        {
            Allow(record);
            _store.SaveNetwork(record);
        }
        catch
        {
            _networks.Remove(name);
            Try($"remove network '{name}'", () => _links.Remove(record));
            throw;
        }

        _names.Set(record);
        _events.Append(EventKinds.NetworkCreated, name, null, $"Network '{name}' was made{(record.Subnet is null ? $" on bridge '{record.Bridge}'" : $" with {record.Subnet}")}.", actor);
        return network;
    }

    private ManagedNetwork Change(ManagedNetwork present, NetworkDefinition definition, string actor)
    {
        NetworkRecord before = present.Record;
        NetworkRecord after = Complete(before.Name, definition, before);
        bool moves = (after.Subnet, after.Subnet6, after.Bridge, after.Vlan) != (before.Subnet, before.Subnet6, before.Bridge, before.Vlan);
        if (moves && present.Book.Count > 0)
        {
            throw NetworkProblems.InUse(before.Name, present.Book, $"keeps its addresses ({NetworkChange.Describe(before, definition)})");
        }

        if (moves)
        {
            _links.Remove(before);
        }

        try
        {
            _links.Ensure(after);
            _networks[after.Name] = moves ? new ManagedNetwork(after) : present;
            _networks[after.Name].Record = after;
            Allow(after);
            _store.SaveNetwork(after);
        }
        catch
        {
            present.Record = before;
            _networks[before.Name] = present;
            Try($"bring network '{before.Name}' back", () => _links.Ensure(before));
            throw;
        }

        _names.Set(after);
        _events.Append(EventKinds.NetworkChanged, after.Name, null, $"Network '{after.Name}' was changed: {NetworkChange.Describe(before, after)}.", actor);
        return _networks[after.Name];
    }

    /// <summary>The rules of the host for one that is made or changed. Without nftables a network without NAT is still one.</summary>
    private void Allow(NetworkRecord record)
    {
        if (!_settled)
        {
            return; // they are set as a whole then
        }

        try
        {
            SetFirewall();
        }
        catch (LightVMException e) when (!record.Nat)
        {
            _log(LogSeverity.Warning, $"Network '{record.Name}' has no rules: {e.Problem.Detail}");
        }
    }

    private void SetFirewall() => _firewall.SetNetworks(Switches());

    private NetworkRecord[] Switches() => [.. _networks.Values.Select(network => network.Record).Where(record => record.Bridge is null)];

    /// <summary>It is there even where its interface cannot be made now: who needs that learns why.</summary>
    private void MakeDefault()
    {
        NetworkRecord record = Complete(NetworkRules.Default, new NetworkDefinition(), null);
        _networks.Add(record.Name, new ManagedNetwork(record));
        Try($"make network '{record.Name}'", () => _links.Ensure(record));
        _store.SaveNetwork(record);
        _names.Set(record);
        _events.Append(EventKinds.NetworkCreated, record.Name, null, $"Network '{record.Name}' was made with {record.Subnet}.", "daemon");
    }

    private NetworkRecord Complete(string name, NetworkDefinition definition, NetworkRecord? present) =>
        _completion.Complete(name, definition, present, [.. _networks.Values.Select(network => network.Record).Where(record => record.Name != name)]);

    private void Try(string what, Action action)
    {
        try
        {
            action();
        }
        catch (LightVMException e)
        {
            _log(LogSeverity.Error, $"lightvmd could not {what}: {e.Problem.Detail} {e.Problem.Recommendation}");
        }
    }
}
