using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>Networks and events that are remembered in memory.</summary>
internal sealed class NetworkTestStore : INetworkStore, IEventLog
{
    public Dictionary<string, NetworkRecord> Records { get; } = [];

    public List<string> Events { get; } = [];

    public IReadOnlyList<NetworkRecord> LoadNetworks() => [.. Records.Values];

    public void SaveNetwork(NetworkRecord record) => Records[record.Name] = record;

    public void DeleteNetwork(string name) => Records.Remove(name);

    public void Append(string kind, string? name, Guid? id, string message, string actor) => Events.Add($"{kind} {name}");
}
