namespace LightVM.Toolstack;

/// <summary>
/// DHCP and DNS of networks. Nothing waits for it: calls return at once, and what they ask is done in their order by a thread of
/// its own, which logs what fails.
/// </summary>
internal interface INameServers
{
    /// <summary>Serves a network as its record says, or no longer.</summary>
    void Set(NetworkRecord network);

    void Remove(NetworkRecord network);

    void Add(AddressLease lease);

    void Drop(AddressLease lease);

    /// <summary>What was set and added is all there is: whatever else a killed lightvmd left is removed.</summary>
    void Settle();
}
