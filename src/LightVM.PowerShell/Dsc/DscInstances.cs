using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using LightVM.Client;
using LightVM.Reconcile.Dsc;

namespace LightVM.PowerShell;

/// <summary>
/// What the class-based DSC resources of module/LightVM.Dsc.psm1 call: the very operations of lightvm-dsc, on the session's connections. Properties have
/// the names of docs/dsc.md; they block. Failures are <see cref="LightVMException"/>.
/// </summary>
public static class DscInstances
{
    /// <param name="type"><c>guest</c> or <c>fleet</c>.</param>
    /// <param name="properties">Strings, numbers, Booleans, lists and dictionaries of those; what is null or an empty string is not given.</param>
    /// <returns>The actual state.</returns>
    public static Hashtable Get(string type, IDictionary properties)
    {
        (DscResource resource, DscInstance instance, LightVMClient client) = Open(type, properties);
        return (Hashtable)ToObject(resource.GetAsync(instance, client, CancellationToken.None).GetAwaiter().GetResult())!;
    }

    /// <inheritdoc cref="Get"/>
    /// <returns>Whether it is as the properties say.</returns>
    public static bool Test(string type, IDictionary properties) => Plan(type, properties).Differing.Count == 0;

    /// <summary>Makes it as the properties say, if it is not.</summary>
    /// <inheritdoc cref="Get"/>
    public static void Set(string type, IDictionary properties)
    {
        DscChange change = Plan(type, properties);
        if (change.Differing.Count > 0)
        {
            change.ApplyAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    /// <returns>The actual states of all.</returns>
    public static Hashtable[] Export(string type)
    {
        (DscResource resource, _, LightVMClient client) = Open(type, new Hashtable());
        return [.. resource.ExportAsync(client, CancellationToken.None).GetAwaiter().GetResult().Select(state => (Hashtable)ToObject(state)!)];
    }

    private static DscChange Plan(string type, IDictionary properties)
    {
        (DscResource resource, DscInstance instance, LightVMClient client) = Open(type, properties);
        resource.Require(instance);
        return resource.PlanAsync(instance, client, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static (DscResource Resource, DscInstance Instance, LightVMClient Client) Open(string type, IDictionary properties)
    {
        DscResource resource = DscResource.All.First(known => known.Word == type);
        var instance = DscInstance.Of((JsonObject)ToNode(properties)!);
        return (resource, instance, string.IsNullOrEmpty(instance.Host) ? HostRegistry.Process.Default : HostRegistry.Process.Get(instance.Host));
    }

    private static JsonNode? ToNode(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null or "" => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        IDictionary map => new JsonObject(map.Keys.Cast<object>().Select(key => KeyValuePair.Create(Convert.ToString(key, CultureInfo.InvariantCulture)!, ToNode(map[key]))).Where(pair => pair.Value is not null)),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToNode)]),
        var other => JsonValue.Create(Convert.ToString(other, CultureInfo.InvariantCulture)),
    };

    private static object? ToObject(JsonNode? node) => node switch
    {
        JsonObject map => new Hashtable(map.ToDictionary(pair => pair.Key, pair => ToObject(pair.Value))),
        JsonArray list => list.Select(ToObject).ToArray(),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.TryGetValue(out int small) ? small : value.GetValue<long>(),
            _ => value.ToString(),
        },
        _ => null,
    };
}
