using System.Text.Json.Nodes;
using Json.Schema;

namespace LightVM.DscEngine;

/// <summary>One resource of a *.dsc.manifests.json. A member that DSC 3.2 does not know makes a resource vanish there; here it is an error.</summary>
public sealed class Manifest
{
    private static readonly string[] Members =
    [
        "$schema", "type", "version", "condition", "deprecationMessage", "kind", "description", "tags", "metadata", "exitCodes",
        "get", "set", "whatIf", "test", "delete", "export", "validate", "resolve", "adapter", "schema",
    ];

    private static readonly Dictionary<string, string[]> CallMembers = new()
    {
        ["get"] = ["executable", "args", "input", "requireSecurityContext"],
        ["test"] = ["executable", "args", "input", "requireSecurityContext", "return"],
        ["set"] = ["executable", "args", "input", "requireSecurityContext", "return", "implementsPretest", "handlesExist", "whatIfReturns"],
        ["delete"] = ["executable", "args", "input", "requireSecurityContext"],
        ["export"] = ["executable", "args", "input", "requireSecurityContext"],
    };

    private readonly JsonObject json;

    private Manifest(JsonObject json, string directory)
    {
        this.json = json;
        Directory = directory;
        Type = (string)json["type"]!;
        Schema = JsonSchema.FromText(json["schema"]!["embedded"]!.ToJsonString());
    }

    public string Type { get; }

    /// <summary>Where its commands are started.</summary>
    public string Directory { get; }

    public JsonSchema Schema { get; }

    public static IReadOnlyList<Manifest> Read(string path)
    {
        JsonObject file = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        Require(file, ["resources", "extensions", "adaptedResources"], path);
        return [.. ((JsonArray)file["resources"]!).Select(resource => Check((JsonObject)resource!, Path.GetDirectoryName(Path.GetFullPath(path))!))];
    }

    /// <summary>The text for a command's exit code, or null.</summary>
    public string? TextOf(int exitCode) => (string?)json["exitCodes"]?[exitCode.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    public string Executable(string operation) => (string)Call(operation)["executable"]!;

    public bool Is(string operation, string member) => (bool?)Call(operation)[member] == true;

    public string? Text(string operation, string member) => (string?)Call(operation)[member];

    /// <summary>The arguments as the engine expands them.</summary>
    public IReadOnlyList<string> Arguments(string operation, bool whatIf)
    {
        var arguments = new List<string>();
        foreach (JsonNode? argument in (JsonArray)Call(operation)["args"]!)
        {
            switch (argument)
            {
                case JsonValue text:
                    arguments.Add((string)text!);
                    break;
                case JsonObject { Count: 1 } special when special.ContainsKey("whatIfArg") && operation is "set" or "delete":
                    if (whatIf)
                    {
                        arguments.Add((string)((JsonObject)argument!)["whatIfArg"]!);
                    }

                    break;
                default:
                    throw new ProtocolException($"{Type}: an argument of {operation} is {argument?.ToJsonString()}");
            }
        }

        return arguments;
    }

    private static Manifest Check(JsonObject json, string directory)
    {
        string type = (string)json["type"]!;
        Require(json, Members, type);
        foreach ((string operation, string[] members) in CallMembers)
        {
            if (json[operation] is JsonObject call)
            {
                Require(call, members, $"{type} {operation}");
            }
        }

        // Without them the engine throws the output away, or has no what-if: facts/dsc.md, traps.
        if (json["test"]?["return"] is null || ((bool?)json["set"]?["implementsPretest"] == true && !json["set"]!["args"]!.AsArray().OfType<JsonObject>().Any()))
        {
            throw new ProtocolException($"{type}: test returns nothing, or set has no what-if of its own");
        }

        return new Manifest(json, directory);
    }

    private static void Require(JsonObject json, string[] known, string where)
    {
        if (json.Select(pair => pair.Key).FirstOrDefault(key => !known.Contains(key)) is { } unknown)
        {
            throw new ProtocolException($"{where}: the engine does not know '{unknown}'");
        }
    }

    private JsonObject Call(string operation) => json[operation] as JsonObject ?? throw new ProtocolException($"{Type} has no {operation}");
}
