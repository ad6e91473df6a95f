using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LightVM.Reconcile;

/// <summary>The JSON schema of specs, for editors: made of the tables of <see cref="SpecKeys"/>, which the binders follow.</summary>
public static class SpecSchema
{
    /// <summary>A regular expression of names: RFC 1123 labels in lower case.</summary>
    public const string NamePattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
    private const int MaxSeconds = 3600;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The tables by the name that they have in docs/spec.md.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<SpecKey>> Tables { get; } = new Dictionary<string, IReadOnlyList<SpecKey>>
    {
        ["Fleet"] = SpecKeys.Fleet, ["Metadata"] = SpecKeys.Metadata, ["Image"] = SpecKeys.Image, ["Recipe"] = SpecKeys.Recipe, ["Network"] = SpecKeys.Network,
        ["Guest"] = SpecKeys.Guest, ["Adapter"] = SpecKeys.Adapter, ["Disk"] = SpecKeys.Disk, ["File"] = SpecKeys.File, ["Pool"] = SpecKeys.Pool,
        ["Probes"] = SpecKeys.Probes, ["Probe"] = SpecKeys.Probe, ["Update"] = SpecKeys.Update, ["Secret"] = SpecKeys.Secret, ["Host"] = SpecKeys.Host, ["Placement"] = SpecKeys.Placement,
    };

    /// <summary>The whole schema, as specs/lightvm.schema.json has it.</summary>
    public static string Text()
    {
        JsonObject root = Mapping("Fleet", SpecKeys.Fleet);
        root.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        root.Insert(1, "title", "A fleet of LightVM guests");
        root["$defs"] = Definitions(Tables.Keys.Where(table => table != "Fleet"));
        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>That of recipe files, as specs/lightvm-recipe.schema.json has it.</summary>
    public static string RecipeText()
    {
        JsonObject root = Mapping("Recipe", SpecKeys.RecipeFile);
        root.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        root.Insert(1, "title", "A recipe that a LightVM image is built of");
        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>What <c>#/$defs/…</c> refer to.</summary>
    public static JsonObject Definitions(IEnumerable<string> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        var definitions = new JsonObject();
        foreach (string table in tables)
        {
            JsonObject mapping = Mapping(table, Tables[table]);
            foreach ((string word, JsonNode rule) in Among(table))
            {
                mapping[word] = rule;
            }

            definitions[table] = mapping;
        }

        return definitions;
    }

    /// <summary>What holds among the keys of a mapping.</summary>
    private static IEnumerable<(string Word, JsonNode Rule)> Among(string table) => table switch
    {
        "Image" => [("oneOf", EachOf("path", "recipe"))],
        "Recipe" => [("anyOf", EachOf("packages", "paths", "ociLayout"))],
        "File" => [("oneOf", EachOf("content", "base64", "path", "secretRef"))],
        "Probe" => [("oneOf", EachOf("tcp", "http", "console"))],
        "Guest" => [("not", new JsonObject { ["required"] = new JsonArray("network", "adapters") })],
        "Network" => [("dependentSchemas", new JsonObject { ["bridge"] = new JsonObject { ["not"] = new JsonObject { ["anyOf"] = EachOf([.. NetworkBinder.SwitchKeys]) } } })],
        _ => [],
    };

    private static JsonArray EachOf(params string[] keys) => new([.. keys.Select(key => new JsonObject { ["required"] = new JsonArray(key) })]);

    /// <summary>What the value of a key must be.</summary>
    public static JsonObject ValueOf(string table, string key) => (table, key) switch
    {
        ("Fleet" or "Recipe", "apiVersion") => Words(SpecKeys.ApiVersion),
        ("Fleet", "kind") => Words(SpecKeys.Kind),
        ("Fleet", "metadata") => Reference("Metadata"),
        ("Fleet", "adopt") => Words<AdoptPolicy>(),
        ("Fleet", "hosts") => List(Reference("Host")),
        ("Fleet", "images") => List(Reference("Image")),
        ("Fleet", "networks") => List(Reference("Network")),
        ("Fleet", "guests") => List(Reference("Guest")),
        ("Fleet", "pool") => List(Reference("Pool")),
        ("Image", "digest") => new JsonObject { ["type"] = "string", ["pattern"] = ImageSpec.DigestPattern },
        ("Image", "path") => new JsonObject { ["type"] = "string", ["minLength"] = 1 },
        ("Image", "recipe") => new JsonObject { ["oneOf"] = new JsonArray(Types("string"), Reference("Recipe")) },
        ("Recipe", "kind") => Words(SpecKeys.RecipeKind),
        ("Recipe", "packages" or "paths" or "keep" or "drop") => List(Types("string")),
        ("Recipe", "features") => List(Words([.. SpecKeys.RecipeFeatures])),
        ("Recipe", "ports") => List(Integer(1, 65535)),
        ("Recipe", "environment") => Map(Types("string")),
        ("Recipe", "restart") => Types("boolean"),
        (_, "minimumMemory" or "memory" or "size" or "rateLimit") => new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = SpecPatterns.Size, ["minimum"] = 0 },
        ("Guest", "adapters") => List(Reference("Adapter"), DeviceBinder.MaxAdapters),
        ("Guest", "disks") => List(Reference("Disk"), DeviceBinder.MaxDevices),
        ("Guest", "probes") => Reference("Probes"),
        ("Guest", "placement") => Reference("Placement"),
        ("Guest" or "Host", "labels") or ("Placement", "hostLabels") => Map(new JsonObject { ["type"] = "string", ["maxLength"] = SpecKeys.MaxLabelText }, SpecPatterns.Label, LabelBinder.MaxLabels),
        ("Placement", "antiAffinity") => List(new JsonObject { ["type"] = "string", ["minLength"] = 1 }, HostBinder.MaxAntiAffinity),
        ("Placement", "strategy") => Words<PlacementStrategy>(),
        ("Placement", "host") => Name(),
        ("Guest", "update") => Reference("Update"),
        ("Guest", "dependsOn") => List(Name()),
        ("Guest", "publish") => List(new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = SpecPatterns.Port, ["minimum"] = 1, ["maximum"] = 65535 }),
        ("Guest", "arguments") => List(new JsonObject { ["type"] = new JsonArray("string", "number", "boolean"), ["pattern"] = SpecPatterns.Argument }, ApplicationBinder.MaxArguments),
        ("Guest", "environment") => Map(new JsonObject { ["oneOf"] = new JsonArray(Pattern(SpecPatterns.Line), Reference("Secret")) }, SpecPatterns.Variable, ApplicationBinder.MaxVariables),
        ("Guest", "files") => Map(new JsonObject { ["oneOf"] = new JsonArray(Types("string"), Reference("File")) }, SpecPatterns.GuestPath, ApplicationBinder.MaxFiles),
        ("Guest", "affinity") => new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = SpecPatterns.Cpus, ["minimum"] = 0 },
        ("Guest", "commandLine") => new JsonObject { ["type"] = "string", ["maxLength"] = SpecKeys.MaxCommandLine, ["pattern"] = SpecPatterns.Line },
        ("Adapter", "mac") => Pattern(SpecPatterns.Mac),
        ("Adapter", "address") => Pattern(SpecPatterns.Address),
        ("Network", "subnet") => Pattern(SpecPatterns.Subnet),
        ("Network", "subnet6") => Pattern(SpecPatterns.Subnet6),
        ("Network", "bridge") => Pattern(SpecPatterns.Interface),
        ("Disk", "path") => new JsonObject { ["type"] = "string", ["maxLength"] = SpecKeys.MaxPath, ["pattern"] = SpecPatterns.HostPath },
        (_, "secretRef") => Pattern(SpecPatterns.Secret),
        ("Guest", "replicas") => Integer(0, SpecKeys.MaxReplicas),
        ("Guest" or "Pool", "vcpus") => Integer(1, SpecKeys.MaxVCpus),
        ("Guest", "cpuPool") => Integer(0, 1023),
        ("Guest", "restartPolicy") => Words<RestartPolicy>(),
        ("Guest", "onCrash") => Words<CrashAction>(),
        ("Guest", "deletionPolicy") => Words<DeletionPolicy>(),
        ("Guest", "type") => Words<GuestType>(),
        ("Probes", _) => Reference("Probe"),
        ("Probe", "tcp" or "http") => Integer(1, 65535),
        ("Probe", "delaySeconds") => Integer(0, MaxSeconds),
        ("Probe", "periodSeconds") => Integer(1, MaxSeconds),
        ("Probe", "timeoutSeconds") => Integer(1, 60),
        ("Probe", "failureThreshold" or "successThreshold") => Integer(1, 1000),
        ("Update", "maxUnavailable") => Integer(1, SpecKeys.MaxReplicas),
        ("Update", "progressDeadline") => Integer(1, MaxSeconds),
        ("Update", "minHealthySeconds" or "drainSeconds") => Integer(0, MaxSeconds),
        ("Update", "autoRevert") => Types("boolean"),
        ("Network", "mtu") => Integer(576, 9000),
        ("Network", "vlan") => Integer(0, 4094),
        ("Network", "dhcp" or "nat" or "broadcast" or "multicast" or "isolated" or "trusted") => Types("boolean"),
        ("Disk", "readOnly") => Types("boolean"),
        ("Pool", "devices") => Integer(0, 15),
        ("Pool", "count") => Integer(1, SpecKeys.MaxShells),
        ("File", "mode") => new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = SpecPatterns.Mode, ["minimum"] = 0, ["maximum"] = 4095 },
        (_, "name" or "image" or "network") => Name(),
        _ => Types("string"),
    };

    /// <summary>A mapping that has these keys of a table, and no others.</summary>
    public static JsonObject Mapping(string table, IReadOnlyList<SpecKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var properties = new JsonObject();
        foreach (SpecKey key in keys)
        {
            JsonObject value = ValueOf(table, key.Name);
            string usual = key.Default is null or "none" ? "" : $" Without it: {Plain(key.Default)}.";
            string change = key.Change is null ? "" : $" A change: {Plain(key.Change)}.";
            value["description"] = $"{Plain(key.Type)}.{usual}{change}";
            properties[key.Name] = value;
        }

        var result = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (keys.Any(key => key.Required))
        {
            result["required"] = new JsonArray([.. keys.Where(key => key.Required).Select(key => JsonValue.Create(key.Name))]);
        }

        return result;
    }

    private static string Plain(string text) => char.ToUpperInvariant(text.TrimStart('`')[0]) + text.TrimStart('`')[1..].Replace("`", "", StringComparison.Ordinal);

    private static JsonObject Reference(string table) => new() { ["$ref"] = $"#/$defs/{table}" };

    private static JsonObject List(JsonObject items, int? most = null)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = items };
        if (most is not null)
        {
            list["maxItems"] = most;
        }

        return list;
    }

    private static JsonObject Map(JsonObject values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    private static JsonObject Map(JsonObject values, string keys, int most) => new()
    {
        ["type"] = "object", ["additionalProperties"] = values, ["propertyNames"] = new JsonObject { ["pattern"] = keys }, ["maxProperties"] = most,
    };

    private static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject Integer(int least, int most) => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most };

    private static JsonObject Name() => new() { ["type"] = "string", ["pattern"] = NamePattern };

    private static JsonObject Words(params string[] words) => new() { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };

    private static JsonObject Words<TEnum>()
        where TEnum : struct, Enum => Words([.. Enum.GetValues<TEnum>().Select(value => GuestDiff.Word(value))]);

    private static JsonObject Types(params string[] types) =>
        types.Length == 1 ? new() { ["type"] = types[0] } : new() { ["type"] = new JsonArray([.. types.Select(type => JsonValue.Create(type))]) };
}
