using System.Globalization;
using System.Text.Json.Nodes;

namespace LightVM.Reconcile.Yaml;

/// <summary>A document as JSON has it.</summary>
internal static class YamlJson
{
    public static JsonNode? Of(YamlNode node) => node switch
    {
        YamlMapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key, Of(entry.Value)))),
        YamlSequence sequence => new JsonArray([.. sequence.Items.Select(Of)]),
        YamlScalar { Type: ScalarType.Null } => null,
        YamlScalar { Type: ScalarType.Boolean } scalar => JsonValue.Create(scalar.Text.StartsWith('t') || scalar.Text.StartsWith('T')),
        YamlScalar { Type: ScalarType.Integer } scalar when long.TryParse(scalar.Text, CultureInfo.InvariantCulture, out long number) => JsonValue.Create(number),
        YamlScalar scalar => JsonValue.Create(scalar.Text),
        _ => throw new ArgumentException($"{node.Describe()} has no value.", nameof(node)),
    };
}
