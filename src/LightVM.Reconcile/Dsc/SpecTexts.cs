using System.Text.Json.Nodes;

namespace LightVM.Reconcile.Dsc;

/// <summary>A fleet's spec around single entries, and what its findings mean to who never saw it.</summary>
internal static class SpecTexts
{
    public static JsonObject Text() => new() { ["type"] = "string" };

    /// <summary>
    /// Takes out what texts must look like, but for names: of a pattern an engine only says that it does not match, and our own words are of what is wrong.
    /// </summary>
    public static void LeaveTexts(JsonNode? schema)
    {
        if (schema is JsonArray list)
        {
            list.ToList().ForEach(LeaveTexts);
        }
        else if (schema is JsonObject mapping)
        {
            if (mapping["pattern"] is JsonValue pattern && pattern.GetValue<string>() != SpecSchema.NamePattern)
            {
                mapping.Remove("pattern");
            }

            mapping.Remove("propertyNames");
            mapping.Select(pair => pair.Value).ToList().ForEach(LeaveTexts);
        }
    }

    /// <summary>The schemas of a table's keys.</summary>
    public static JsonObject Properties(string table, IEnumerable<SpecKey> keys) =>
        (JsonObject)SpecSchema.Mapping(table, [.. keys])["properties"]!.DeepClone();

    /// <summary>A spec of the fleet that owns what configurations make, with one entry.</summary>
    /// <param name="list">The list that the entry is in: <c>guests</c>, <c>networks</c>.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LightVMException">SpecInvalid, in words of the entry.</exception>
    public static async Task<FleetSpec> ParseAsync(string list, JsonObject entry, CancellationToken cancellationToken)
    {
        JsonObject spec = Empty(DscResource.Fleet);
        spec["adopt"] = GuestDiff.Word(AdoptPolicy.Always);
        spec[list] = new JsonArray(entry.DeepClone());
        try
        {
            return await SpecLoader.ParseAsync(JsonLine.Of(spec), "properties", "/", cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Findings.Count > 0)
        {
            throw Translate(e, $"{list}[0].");
        }
    }

    public static JsonObject Empty(string fleet) => new()
    {
        ["apiVersion"] = SpecKeys.ApiVersion,
        ["kind"] = SpecKeys.Kind,
        ["metadata"] = new JsonObject { ["name"] = fleet },
        ["guests"] = new JsonArray(),
    };

    /// <summary>Findings without a place: there is no file that a line of it would lead to.</summary>
    public static LightVMException Translate(LightVMException e, string prefix)
    {
        string[] lines = [.. e.Findings.Select(finding => $"{Short(finding.Path, prefix)}{finding.Message}, expected {finding.Expected}")];
        return new LightVMException(ErrorCodes.InvalidArgument, string.Join("; ", lines), e.Problem.Target, inner: e);
    }

    private static string Short(string path, string prefix)
    {
        string rest = path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : path;
        return rest.Length == 0 ? "" : rest + ": ";
    }
}
