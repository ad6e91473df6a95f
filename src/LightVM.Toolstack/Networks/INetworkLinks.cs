using System.Net;
using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <summary>
/// The host's interfaces, as networks need them. What is ours is known by its alias, so that a lightvmd that finds something of a
/// killed one knows it; nothing else is touched. Failures are <see cref="LightVMException"/>.
/// </summary>
internal interface INetworkLinks
{
    /// <summary>Addresses and routes of the host by IPv4 that are not of our networks' interfaces.</summary>
    IReadOnlyList<Ipv4Pool> OccupiedRanges();

    /// <summary>Whether the host has an interface of that name which is not ours.</summary>
    bool IsForeign(string name);

    /// <summary>Makes the network's interface what its record says, or finds that it is so; for a bridge, checks it.</summary>
    void Ensure(NetworkRecord network);

    void Remove(NetworkRecord network);

    /// <summary>Removes TAPs of networks that are none of these.</summary>
    void RemoveOtherNetworks(IReadOnlyCollection<NetworkRecord> networks);

    /// <summary>Removes TAPs on bridges that are none of these.</summary>
    void RemoveOtherBridgeTaps(IReadOnlyCollection<string> names);

    /// <summary>A queue of the network's TAP, non-blocking and detached.</summary>
    SafeHandle OpenQueue(NetworkRecord network);

    /// <summary>Makes the TAP of an adapter, or finds it, puts it on the network's bridge, and opens a queue of it.</summary>
    SafeHandle OpenBridgeTap(NetworkRecord network, string name, MacAddress guest);

    /// <summary>One that is not there is no error.</summary>
    void RemoveBridgeTap(string name);
}
