namespace LightVM.Reconcile.Tests;

/// <summary>Several hosts of a fleet, by their addresses.</summary>
internal sealed class ModelHosts : IHostDirectory
{
    public Dictionary<string, ModelHost> All { get; } = new(StringComparer.Ordinal);

    public ModelHost this[string name] => All[name];

    /// <summary>All guests of all hosts, as <c>host/guest</c>, sorted.</summary>
    public IEnumerable<string> Guests =>
        All.SelectMany(host => host.Value.Guests.Select(guest => $"{host.Key}/{guest.Name}")).Order(StringComparer.Ordinal);

    public ModelHost Add(string name, long capacity = long.MaxValue) => All[name] = new ModelHost { HostName = name, Capacity = capacity };

    public IReconcileHost Open(string name, string address, bool isRecorded)
    {
        ModelHost host = All[address["ssh://".Length..]];
        return host.HostName == name ? host : throw new InvalidOperationException($"{name} is {host.HostName}");
    }
}
