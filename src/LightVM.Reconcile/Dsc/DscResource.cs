using System.Text.Json.Nodes;
using LightVM.Client;

namespace LightVM.Reconcile.Dsc;

/// <summary>A type of resource: its schema, and how an instance of it is looked at and changed. It holds no state.</summary>
public abstract class DscResource
{
    /// <summary>What guests and networks that are made here carry as their fleet, so that no fleet's spec takes them for its own.</summary>
    public const string Fleet = "dsc";

    /// <summary>All that there are.</summary>
    public static IReadOnlyList<DscResource> All { get; } = [new GuestResource(), new ImageResource(), new NetworkResource(), new FleetResource()];

    /// <summary>As manifests and configurations spell it: <c>LightVM/Guest</c>.</summary>
    public string Type => "LightVM/" + char.ToUpperInvariant(Word[0]) + Word[1..];

    /// <summary>On the command line.</summary>
    public abstract string Word { get; }

    public abstract string Description { get; }

    /// <summary>JSON schemas of what a configuration may say of it, by property, but for what is common to all.</summary>
    public abstract JsonObject Settings();

    /// <summary>The same of what is shown only.</summary>
    public abstract JsonObject Shown();

    /// <summary>The tables of <see cref="SpecSchema"/> that those refer to.</summary>
    public virtual IReadOnlyList<string> Tables => [];

    /// <exception cref="LightVMException">The host does not answer, or not this user.</exception>
    public abstract Task<JsonObject> GetAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken);

    /// <summary>Looks, and changes nothing.</summary>
    /// <exception cref="LightVMException">The properties are wrong, or what is there is not to be touched.</exception>
    public abstract Task<DscChange> PlanAsync(DscInstance instance, LightVMClient client, CancellationToken cancellationToken);

    /// <summary>All that the host has.</summary>
    public abstract Task<IReadOnlyList<JsonObject>> ExportAsync(LightVMClient client, CancellationToken cancellationToken);

    /// <summary>Whether an instance has a name, and no property that there is not.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public void Require(DscInstance instance, bool named = true)
    {
        string[] known = [.. ((JsonObject)Schema()["properties"]!).Select(pair => pair.Key)];
        if (instance.Properties.Select(pair => pair.Key).FirstOrDefault(key => !known.Contains(key)) is { } unknown)
        {
            throw DscInstance.Invalid($"{Type} has no property '{unknown}'{Suggestion.For(unknown, known)}.");
        }

        if (named && instance.Name.Length == 0)
        {
            throw DscInstance.Invalid($"'{DscInstance.NameKey}' is missing.");
        }
    }

    public JsonObject Schema()
    {
        JsonObject properties = Settings();
        properties[DscInstance.HostKey] = Described(SpecTexts.Text(), "The host: a name that is saved or that ssh knows, ssh://[user@]host[:port], unix:/path or localhost. Without it: LIGHTVM_HOST, else this machine.");
        properties[DscInstance.ExistKey] = Described(new JsonObject { ["type"] = "boolean", ["default"] = true }, "Whether it is to be there.");
        foreach ((string key, JsonNode? schema) in Shown())
        {
            properties[key] = ReadOnly((JsonObject)schema!.DeepClone());
        }

        properties["_inDesiredState"] = ReadOnly(new JsonObject { ["type"] = new JsonArray("boolean", "null") });
        properties["_name"] = ReadOnly(SpecTexts.Text());
        properties["_metadata"] = ReadOnly(new JsonObject { ["type"] = "object" });
        var schemaOfAll = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = Type,
            ["description"] = Description,
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = new JsonArray(DscInstance.NameKey),
            ["properties"] = properties,
        };
        if (Tables.Count > 0)
        {
            schemaOfAll["$defs"] = SpecSchema.Definitions(Tables);
        }

        SpecTexts.LeaveTexts(schemaOfAll);
        return schemaOfAll;
    }

    /// <summary>An instance that is not there.</summary>
    public static JsonObject Absent(DscInstance instance) => Named(instance, new JsonObject(), exists: false);

    /// <summary>A state with what is common to all.</summary>
    protected static JsonObject Named(DscInstance instance, JsonObject state, bool exists = true)
    {
        state[DscInstance.NameKey] = instance.Name;
        state[DscInstance.ExistKey] = exists;
        if (instance.Host is { } host)
        {
            state[DscInstance.HostKey] = host;
        }

        return state;
    }

    /// <summary>One of an export.</summary>
    protected static JsonObject Exported(string name, JsonObject state)
    {
        state[DscInstance.NameKey] = name;
        state["_name"] = name;
        return state;
    }

    /// <summary>What is given of <see cref="Settings"/>.</summary>
    protected JsonObject Given(DscInstance instance)
    {
        JsonObject settings = Settings();
        return new JsonObject(instance.Properties.Where(pair => settings.ContainsKey(pair.Key)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
    }

    protected static JsonObject Overlay(JsonObject state, JsonObject given)
    {
        foreach ((string key, JsonNode? value) in given)
        {
            state[key] = value?.DeepClone();
        }

        return state;
    }

    protected static JsonObject Described(JsonObject schema, string text)
    {
        schema["description"] = text;
        return schema;
    }

    /// <summary>Paths in a configuration must not depend on where the engine happens to start a command: in its manifest's directory.</summary>
    protected static string? AbsolutePath(DscInstance instance, string key) => instance.Text(key) is not { } path ? null
        : Path.IsPathFullyQualified(path) ? path
        : throw DscInstance.Invalid($"'{key}' is '{path}'; it must be absolute, since the engine does not say where a relative one starts.");

    private static JsonObject ReadOnly(JsonObject schema)
    {
        schema["readOnly"] = true;
        return schema;
    }
}
