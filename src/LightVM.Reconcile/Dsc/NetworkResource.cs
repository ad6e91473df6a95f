using System.Text.Json.Nodes;
using LightVM.Client;

namespace LightVM.Reconcile.Dsc;

/// <summary>LightVM/Network: one network of a host. What an instance does not name stays as it is.</summary>
internal sealed class NetworkResource : DscResource
{
    public override string Word => "network";

    public override string Description => "A network of a LightVM host: a switch of its own with a pool of addresses, or a bridge of the host.";

    public override JsonObject Settings() => SpecTexts.Properties("Network", SpecKeys.Network);

    public override JsonObject Shown() => new()
    {
        ["gateway"] = SpecTexts.Text(), ["interface"] = SpecTexts.Text(), ["adapterCount"] = new JsonObject { ["type"] = "integer" }, ["fleet"] = SpecTexts.Text(),
    };

    public override async Task<JsonObject> GetAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken) =>
        await FindAsync(instance.Name, client, cancellationToken).ConfigureAwait(false) is { } network ? Named(instance, Told(network)) : Absent(instance);

    public override async Task<DscChange> PlanAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken)
    {
        Network? there = await FindAsync(instance.Name, client, cancellationToken).ConfigureAwait(false);
        JsonObject now = there is null ? Absent(instance) : Named(instance, Told(there));
        if (there is not null && !string.IsNullOrEmpty(there.Fleet) && there.Fleet != Fleet)
        {
            throw new LightVMException(
                ErrorCodes.NetworkExists, $"Network '{there.Name}' on {client.HostName} is of fleet '{there.Fleet}'.", there.Name,
                "Change that fleet's spec, or give this network another name.");
        }

        if (!instance.Exists)
        {
            return there is null
                ? DscChange.None(now)
                : DscChange.Removal(now, instance, $"Remove network {there.Name} on {client.HostName}", token => client.Networks.RemoveAsync(there.Name, token));
        }

        JsonObject given = Given(instance);
        JsonObject entry = Overlay(there is null ? [] : SpecExporter.Describe(there), given);
        NetworkSpec wanted = (await SpecTexts.ParseAsync("networks", entry, cancellationToken).ConfigureAwait(false)).Networks[0];
        IReadOnlyList<PropertyChange> changes = there is null ? [] : NetworkDiff.Of(there, wanted, "properties");
        if (there is not null && changes.Count == 0)
        {
            return DscChange.None(now);
        }

        // One that somebody made by hand stays nobody's: to change it is not to take it over.
        NetworkDefinition definition = NetworkDiff.ToDefinition(wanted, there is null ? Fleet : there.Fleet);
        string line = there is null
            ? $"Create network {instance.Name} on {client.HostName}"
            : $"Change network {instance.Name} on {client.HostName}: {string.Join("; ", changes)}";
        JsonObject then = Overlay((JsonObject)now.DeepClone(), given);
        then[DscInstance.ExistKey] = true;
        return new DscChange(
            now, there is null ? [DscInstance.ExistKey] : [.. changes.Select(change => change.Path)], [line], then,
            token => client.Networks.PutAsync(instance.Name, definition, change: there is not null, token));
    }

    public override async Task<IReadOnlyList<JsonObject>> ExportAsync(LightVMClient client, CancellationToken cancellationToken) =>
        [.. (await client.Networks.ListAsync(cancellationToken).ConfigureAwait(false)).Select(network => Exported(network.Name, Told(network)))];

    private static async Task<Network?> FindAsync(string name, LightVMClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Networks.GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.NetworkNotFound)
        {
            return null;
        }
    }

    private static JsonObject Told(Network network)
    {
        JsonObject state = SpecExporter.Describe(network);
        state[DscInstance.ExistKey] = true;
        state["interface"] = network.Interface;
        state["adapterCount"] = network.AdapterCount;
        if (network.Gateway is { } gateway)
        {
            state["gateway"] = gateway;
        }

        if (!string.IsNullOrEmpty(network.Fleet))
        {
            state["fleet"] = network.Fleet;
        }

        return state;
    }
}
