using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace LightVM.DscEngine;

/// <summary>Runs the commands of one resource as <c>dsc resource get|test|set|delete|export</c> does. All that goes in and comes out is checked against its schema.</summary>
public sealed class Engine(Manifest manifest)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Processes started so far.</summary>
    public int Started { get; private set; }

    /// <returns><c>{actualState}</c></returns>
    public JsonObject Get(JsonObject instance) => new() { ["actualState"] = State(One(Run("get", instance)), "get") };

    /// <returns><c>{desiredState, actualState, inDesiredState, differingProperties}</c></returns>
    public JsonObject Test(JsonObject instance)
    {
        (JsonObject state, JsonArray differing) = StateAndDiff(Run("test", instance), "test");
        bool? told = (bool?)state["_inDesiredState"];
        if (told is { } value && value != (differing.Count == 0))
        {
            throw new ProtocolException($"test says {value}, and {differing.ToJsonString()} differ");
        }

        return new() { ["desiredState"] = instance.DeepClone(), ["actualState"] = state, ["inDesiredState"] = told ?? differing.Count == 0, ["differingProperties"] = differing };
    }

    /// <returns><c>{beforeState, afterState, changedProperties}</c></returns>
    public JsonObject Set(JsonObject instance, bool whatIf)
    {
        if ((bool?)instance["_exist"] == false && !manifest.Is("set", "handlesExist"))
        {
            Delete(instance, whatIf);
            return [];
        }

        if (!manifest.Is("set", "implementsPretest") && (bool)Test(instance)["inDesiredState"]!)
        {
            return [];
        }

        JsonNode before = Get(instance)["actualState"]!.DeepClone();
        IReadOnlyList<JsonNode> lines = Run("set", instance, whatIf);
        if (whatIf && manifest.Text("set", "whatIfReturns") == "state")
        {
            return new() { ["beforeState"] = before, ["afterState"] = State(One(lines), "set --what-if") };
        }

        (JsonObject state, JsonArray differing) = StateAndDiff(lines, "set");
        return new() { ["beforeState"] = before, ["afterState"] = state, ["changedProperties"] = differing };
    }

    /// <returns>What a what-if said; else nothing.</returns>
    public JsonObject Delete(JsonObject instance, bool whatIf)
    {
        IReadOnlyList<JsonNode> lines = Run("delete", instance, whatIf);
        return whatIf ? (JsonObject)One(lines) : lines.Count == 0 ? [] : throw new ProtocolException("delete printed something");
    }

    /// <returns>An instance each, with its name in a configuration.</returns>
    public JsonArray Export(JsonObject? filter)
    {
        var resources = new JsonArray();
        foreach (JsonNode line in Run("export", filter))
        {
            JsonObject state = State(line, "export");
            string name = (string?)state["_name"] ?? throw new ProtocolException("an exported instance has no _name");
            state.Remove("_name");
            resources.Add((JsonNode)new JsonObject { ["name"] = name, ["type"] = manifest.Type, ["properties"] = state });
        }

        return resources;
    }

    private IReadOnlyList<JsonNode> Run(string operation, JsonObject? instance, bool whatIf = false)
    {
        if (instance is not null && operation != "export")
        {
            Validate(instance, $"the input of {operation}");
        }

        var start = new ProcessStartInfo(Find(manifest.Executable(operation)), manifest.Arguments(operation, whatIf))
        {
            WorkingDirectory = manifest.Directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Started++;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (manifest.Text(operation, "input") == "stdin" && instance is not null)
        {
            process.StandardInput.Write(instance.ToJsonString());
        }

        process.StandardInput.Close();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new ProtocolException($"{operation} did not end within {Limit}");
        }

        string[] errors = [.. Lines(error.Result).Select(Message).OfType<string>()];
        if (process.ExitCode != 0)
        {
            string text = manifest.TextOf(process.ExitCode) ?? throw new ProtocolException($"exit code {process.ExitCode} of {operation} is not in the manifest");
            return errors.Length > 0 && output.Result.Length == 0
                ? throw new CommandFailedException(process.ExitCode, text, errors)
                : throw new ProtocolException($"{operation} failed ({process.ExitCode}) without an error, or with output: {output.Result}");
        }

        return [.. Lines(output.Result).Select(line => Parse(line, operation))];
    }

    /// <summary>On PATH first, then beside the manifest.</summary>
    private string Find(string executable) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append(manifest.Directory)
        .Select(directory => Path.Combine(directory, executable)).FirstOrDefault(File.Exists) ?? throw new ProtocolException($"there is no {executable}");

    /// <summary>The text of an error; null for the other levels.</summary>
    private static string? Message(string line)
    {
        JsonObject message = Parse(line, "standard error") as JsonObject ?? throw new ProtocolException($"standard error has {line}");
        if (message.Count != 1 || message.First().Key is not ("error" or "warn" or "info" or "debug" or "trace"))
        {
            throw new ProtocolException($"standard error has {line}");
        }

        return (string?)message["error"];
    }

    private (JsonObject State, JsonArray Differing) StateAndDiff(IReadOnlyList<JsonNode> lines, string operation)
    {
        if (manifest.Text(operation, "return") != "stateAndDiff" || lines is not [JsonObject, JsonArray differing])
        {
            throw new ProtocolException($"{operation} printed {lines.Count} documents, not a state and what differs");
        }

        return (State(lines[0], operation), differing);
    }

    private JsonObject State(JsonNode state, string operation)
    {
        Validate(state, $"the output of {operation}");
        return (JsonObject)state;
    }

    private void Validate(JsonNode document, string what)
    {
        EvaluationResults results = manifest.Schema.Evaluate(JsonSerializer.SerializeToElement(document), new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (!results.IsValid)
        {
            string[] why = [.. (results.Details ?? []).Where(detail => detail.Errors is not null).SelectMany(detail => detail.Errors!.Select(e => $"{detail.InstanceLocation} {e.Value}"))];
            throw new ProtocolException($"{what} is not as the schema says: {string.Join("; ", why)} in {document.ToJsonString()}");
        }
    }

    private static JsonNode One(IReadOnlyList<JsonNode> lines) => lines.Count == 1 ? lines[0] : throw new ProtocolException($"{lines.Count} documents, not one");

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static JsonNode Parse(string line, string operation)
    {
        try
        {
            return JsonNode.Parse(line) ?? throw new ProtocolException($"{operation} printed null");
        }
        catch (JsonException)
        {
            throw new ProtocolException($"{operation} printed '{line}'");
        }
    }
}
