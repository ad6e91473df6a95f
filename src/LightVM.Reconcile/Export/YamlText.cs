using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LightVM.Reconcile;

/// <summary>Writes the YAML of an exported spec: block mappings two blanks deep, and texts so that they are read as texts.</summary>
internal sealed class YamlText
{
    private readonly StringBuilder text = new();

    public void Line(int depth, string line) => text.Append(' ', depth * 2).Append(line).Append('\n');

    /// <summary>What JSON calls a string is a double-quoted scalar of YAML 1.2.</summary>
    public static string Quote(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary><c>{ "a": "b" }</c></summary>
    public static string Mapping(IEnumerable<KeyValuePair<string, string>> entries) =>
        $"{{ {string.Join(", ", entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{Quote(entry.Key)}: {Quote(entry.Value)}"))} }}";

    public static string List(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Quote))}]";

    public override string ToString() => text.ToString();
}
