using System.Text.RegularExpressions;

namespace LightVM.Reconcile.Yaml;

/// <summary>A single value. Its text stays as written, so that a version such as 1.20 does not become 1.2.</summary>
internal sealed partial class YamlScalar(SourceMark mark, string text, bool plain) : YamlNode(mark)
{
    private const int ShownLength = 40;

    public string Text { get; } = text;

    /// <summary>By the core schema of YAML 1.2: <c>yes</c>, <c>no</c> and <c>on</c> are strings, and so is all that is quoted.</summary>
    public ScalarType Type { get; } = plain ? Resolve(text) : ScalarType.String;

    public override string Describe() => Type switch
    {
        ScalarType.Null => Text.Length == 0 ? "no value" : $"the value {Text}",
        ScalarType.Boolean => $"the boolean {Text}",
        ScalarType.Integer or ScalarType.Float => $"the number {Show(Text)}",
        _ => Text.Length == 0 ? "an empty string" : $"'{Show(Text)}'",
    };

    /// <summary>A text as a message can show it: in one line, and not endless.</summary>
    public static string Show(string text)
    {
        string cut = text.Length > ShownLength ? string.Concat(text.AsSpan(0, ShownLength), "…") : text;
        return string.Create(cut.Length, cut, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
            }
        });
    }

    private static ScalarType Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarType.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarType.Boolean,
        _ when Integer().IsMatch(text) => ScalarType.Integer,
        _ when Float().IsMatch(text) => ScalarType.Float,
        _ => ScalarType.String,
    };

    [GeneratedRegex(@"\A(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Integer();

    [GeneratedRegex(@"\A(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Float();
}
