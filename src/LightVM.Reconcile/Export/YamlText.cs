using System.Globalization;
using System.Text;

namespace LightVM.Reconcile;

/// <summary>Writes the YAML of an exported spec: block mappings two blanks deep, and texts so that they are read as texts.</summary>
internal sealed class YamlText
{
    private readonly StringBuilder text = new();

    public void Line(int depth, string line) => text.Append(' ', depth * 2).Append(line).Append('\n');

    /// <summary>A double-quoted scalar. What cannot be seen is escaped; all else stays as it is: two escapes of \u for one character are not YAML.</summary>
    public static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (Rune rune in value.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
            {
                quoted.Append('\\').Append(rune);
            }
            else if (rune.Value == ' ' || IsVisible(rune))
            {
                quoted.Append(rune);
            }
            else if (rune.Value is '\n' or '\t')
            {
                quoted.Append(rune.Value == '\n' ? "\\n" : "\\t");
            }
            else
            {
                quoted.Append(rune.IsBmp ? "\\u" : "\\U").Append(rune.Value.ToString(rune.IsBmp ? "X4" : "X8", CultureInfo.InvariantCulture));
            }
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    /// <summary><c>{ "a": "b" }</c></summary>
    public static string Mapping(IEnumerable<KeyValuePair<string, string>> entries) =>
        $"{{ {string.Join(", ", entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{Quote(entry.Key)}: {Quote(entry.Value)}"))} }}";

    public static string List(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Quote))}]";

    public override string ToString() => text.ToString();
}
