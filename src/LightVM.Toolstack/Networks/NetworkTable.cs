using System.Diagnostics;
using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>
/// The networks themselves: what each is, remembered, and what the host has of it (interface, rules, name server). One thread at a time:
/// <see cref="NetworkManager"/> locks.
/// </summary>
internal sealed class NetworkTable(INetworkStore store, IEventLog events, NetworkParts parts)
{
    private readonly SortedDictionary<string, ManagedNetwork> _networks = new(StringComparer.Ordinal);
    private readonly NetworkCompletion _completion = new(parts.Links, parts.HostId);

    /// <summary>Whether every guest's adapters are known, and rules and name servers are as they are to be.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Sorted by name.</summary>
    public IEnumerable<ManagedNetwork> All => _networks.Values;

    public ManagedNetwork? Find(string name) => _networks.GetValueOrDefault(name);

    /// <exception cref="LightVMException">NetworkNotFound.</exception>
    public ManagedNetwork Get(string name) => Find(name) ?? throw NetworkProblems.NotFound(name);

    /// <summary>Loads what is remembered, makes <c>default</c> if it is not there, and has the host's interfaces be as remembered.</summary>
    public void Load()
    {
        long begin = Stopwatch.GetTimestamp();
        foreach (NetworkRecord record in store.LoadNetworks())
        {
            _networks[record.Name] = new ManagedNetwork(record);
        }

        var records = _networks.Values.Select(network => network.Record).ToList();
        Try("remove interfaces of networks that are no more", () => parts.Links.RemoveOtherNetworks(records));
        foreach (NetworkRecord record in records)
        {
            // One that cannot be made must not keep the others away; OpenTapQueue tries again, and says why.
            Try($"make network '{record.Name}'", () => parts.Links.Ensure(record));
            parts.Names.Set(record);
        }

        if (!_networks.ContainsKey(NetworkRules.Default))
        {
            Try("make network 'default'", MakeDefault);
        }

        parts.Log(LogSeverity.Debug, string.Create(
            CultureInfo.InvariantCulture, $"{_networks.Count} networks were as they are to be after {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0} ms."));
    }

    /// <summary>Every guest's adapters are known: rules and name servers are brought up to date. Rules are made on another thread.</summary>
    public void Settle()
    {
        IsSettled = true;
        parts.Names.Settle();
        parts.Firewall.Start(Switches());
    }

    /// <summary>As <see cref="NetworkManager.Put"/>.</summary>
    /// <param name="changed">Whether one that was there is another now.</param>
    /// <exception cref="LightVMException">As <see cref="NetworkManager.Put"/>.</exception>
    public ManagedNetwork Put(string name, NetworkDefinition definition, bool change, string actor, out bool created, out bool changed)
    {
        changed = false;
        created = !_networks.TryGetValue(name, out ManagedNetwork? present);
        if (present is null)
        {
            return Create(name, definition, actor);
        }

        if (NetworkChange.Agrees(present.Record, definition))
        {
            return present;
        }

        if (!change)
        {
            throw new LightVMException(
                ErrorCodes.NetworkExists,
                $"A network '{name}' exists on this host, and is another: {NetworkChange.Describe(present.Record, definition)}.",
                name,
                $"Choose another name, or change that network with Set-LightVMNetwork {name} or by a spec.");
        }

        changed = true;
        return Change(present, definition, actor);
    }

    /// <returns>Its id.</returns>
    /// <exception cref="LightVMException">As <see cref="NetworkManager.Remove"/>.</exception>
    public Guid Remove(string name, string actor)
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

        store.DeleteNetwork(name);
        _networks.Remove(name);
        parts.Names.Remove(network.Record);
        // It is forgotten now: what cannot be taken away here, the next start takes away.
        Try("update the rules of networks", SetFirewall);
        Try($"remove the interface of network '{name}'", () => parts.Links.Remove(network.Record));
        events.Append(EventKinds.NetworkRemoved, name, null, $"Network '{name}' was removed.", actor);
        return network.Record.Id;
    }

    /// <summary>Does what may fail without anybody who could be told: it is logged.</summary>
    public void Try(string what, Action action)
    {
        try
        {
            action();
        }
        catch (LightVMException e)
        {
            parts.Log(LogSeverity.Error, $"lightvmd could not {what}: {e.Problem.Detail} {e.Problem.Recommendation}");
        }
    }

    private ManagedNetwork Create(string name, NetworkDefinition definition, string actor)
    {
        NetworkRecord record = Complete(name, definition, null);
        var network = new ManagedNetwork(record);
        parts.Links.Ensure(record);
        _networks[name] = network;
        try
        {
            Allow(record);
            store.SaveNetwork(record);
        }
        catch
        {
            _networks.Remove(name);
            Try($"remove network '{name}'", () => parts.Links.Remove(record));
            throw;
        }

        parts.Names.Set(record);
        events.Append(EventKinds.NetworkCreated, name, null, $"Network '{name}' was made{(record.Subnet is null ? $" on bridge '{record.Bridge}'" : $" with {record.Subnet}")}.", actor);
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
            parts.Links.Remove(before);
        }

        try
        {
            parts.Links.Ensure(after);
            _networks[after.Name] = moves ? new ManagedNetwork(after) : present;
            _networks[after.Name].Record = after;
            Allow(after);
            store.SaveNetwork(after);
        }
        catch
        {
            present.Record = before;
            _networks[before.Name] = present;
            Try($"bring network '{before.Name}' back", () => parts.Links.Ensure(before));
            throw;
        }

        parts.Names.Set(after);
        events.Append(EventKinds.NetworkChanged, after.Name, null, $"Network '{after.Name}' was changed: {NetworkChange.Describe(before, after)}.", actor);
        return _networks[after.Name];
    }

    /// <summary>The rules of the host for one that is made or changed. Without nftables a network without NAT is still one.</summary>
    private void Allow(NetworkRecord record)
    {
        if (!IsSettled)
        {
            return; // they are set as a whole then
        }

        try
        {
            SetFirewall();
        }
        catch (LightVMException e) when (!record.Nat)
        {
            parts.Log(LogSeverity.Warning, $"Network '{record.Name}' has no rules: {e.Problem.Detail}");
        }
    }

    private void SetFirewall() => parts.Firewall.SetNetworks(Switches());

    private NetworkRecord[] Switches() => [.. _networks.Values.Select(network => network.Record).Where(record => record.Bridge is null)];

    /// <summary>It is there even where its interface cannot be made now: who needs that learns why.</summary>
    private void MakeDefault()
    {
        NetworkRecord record = Complete(NetworkRules.Default, new NetworkDefinition(), null);
        _networks.Add(record.Name, new ManagedNetwork(record));
        Try($"make network '{record.Name}'", () => parts.Links.Ensure(record));
        store.SaveNetwork(record);
        parts.Names.Set(record);
        events.Append(EventKinds.NetworkCreated, record.Name, null, $"Network '{record.Name}' was made with {record.Subnet}.", "daemon");
    }

    private NetworkRecord Complete(string name, NetworkDefinition definition, NetworkRecord? present) =>
        _completion.Complete(name, definition, present, [.. _networks.Values.Select(network => network.Record).Where(record => record.Name != name)]);
}
