using System.Runtime.InteropServices;
using LightVM.Toolstack;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack.Tests;

/// <summary>A host's networking in memory, for what <see cref="NetworkManager"/> decides by itself.</summary>
internal sealed class NetworkTestHost : INetworkLinks, IFirewall, INameServers
{
    public Dictionary<string, NetworkRecord> Interfaces { get; } = [];

    public List<string> BridgeTaps { get; } = [];

    public List<Ipv4Pool> Occupied { get; } = [];

    public HashSet<string> Foreign { get; } = [];

    public HashSet<int> UsedPorts { get; } = [];

    public HashSet<PortRule> Ports { get; } = [];

    public HashSet<string> FirewallNetworks { get; private set; } = [];

    public List<AddressLease> Names { get; } = [];

    /// <summary>Thrown by the next call of the firewall.</summary>
    public Exception? FirewallFailure { get; set; }

    public NetworkManager Manager(INetworkStore store, IEventLog events) => new(store, events, new NetworkParts
    {
        Links = this,
        Firewall = this,
        Names = this,
        PortUser = rule => UsedPorts.Contains(rule.HostPort) ? "a test has it" : null,
        HostId = "0123456789abcdef0123456789abcdef",
    });

    public IReadOnlyList<Ipv4Pool> OccupiedRanges() => Occupied;

    public bool IsForeign(string name) => Foreign.Contains(name);

    public void Ensure(NetworkRecord network) => Interfaces[network.Interface] = network;

    public void Remove(NetworkRecord network) => Interfaces.Remove(network.Interface);

    public void RemoveOtherNetworks(IReadOnlyCollection<NetworkRecord> networks)
    {
        foreach (string name in Interfaces.Keys.Except(networks.Select(network => network.Interface)).ToList())
        {
            Interfaces.Remove(name);
        }
    }

    public void RemoveOtherBridgeTaps(IReadOnlyCollection<string> names) => BridgeTaps.RemoveAll(name => !names.Contains(name));

    public SafeHandle OpenQueue(NetworkRecord network) => new SafeFileHandle();

    public SafeHandle OpenBridgeTap(NetworkRecord network, string name, MacAddress guest)
    {
        BridgeTaps.Add(name);
        return new SafeFileHandle();
    }

    public void RemoveBridgeTap(string name) => BridgeTaps.Remove(name);

    public void Start(IReadOnlyCollection<NetworkRecord> networks) => SetNetworks(networks);

    public void WaitUntilTried()
    {
    }

    public void SetNetworks(IReadOnlyCollection<NetworkRecord> networks)
    {
        Fail();
        FirewallNetworks = [.. networks.Select(network => network.Name)];
    }

    public void ChangePorts(IReadOnlyCollection<PortRule> added, IReadOnlyCollection<PortRule> removed)
    {
        Fail();
        Ports.ExceptWith(removed);
        Ports.UnionWith(added);
    }

    public void Set(NetworkRecord network)
    {
    }

    void INameServers.Remove(NetworkRecord network)
    {
    }

    public void Add(AddressLease lease) => Names.Add(lease);

    public void Drop(AddressLease lease) => Names.Remove(lease);

    public void Settle()
    {
    }

    private void Fail()
    {
        if (FirewallFailure is { } failure)
        {
            FirewallFailure = null;
            throw failure;
        }
    }
}
