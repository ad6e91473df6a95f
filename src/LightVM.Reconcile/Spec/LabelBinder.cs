using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>A mapping of labels, of a guest or of a host.</summary>
internal static class LabelBinder
{
    public const int MaxLabels = 64;

    /// <param name="reader">The entry that has the key.</param>
    /// <param name="key">Such as <c>labels</c>; the place of each label is noted as <c>labels.NAME</c>.</param>
    /// <param name="of">Whose, for findings: <c>a guest</c>.</param>
    /// <param name="findings">Added to.</param>
    public static Dictionary<string, string> Bind(ObjectReader reader, string key, string of, FindingList findings)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (reader.Value(key) is not { } node)
        {
            return labels;
        }

        if (node is not YamlMapping mapping)
        {
            reader.Bad(key, $"'{key}' of {of} is {node.Describe()}", "a mapping of strings, such as { tier: front }");
            return labels;
        }

        if (mapping.Entries.Count > MaxLabels)
        {
            reader.Bad(key, $"{mapping.Entries.Count} labels", $"at most {MaxLabels}");
        }

        foreach (YamlEntry entry in mapping.Entries)
        {
            string path = $"{reader.PathOf(key)}.{entry.Key}";
            if (entry.Key.Length is 0 or > SpecKeys.MaxLabelText || entry.Key.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '='))
            {
                findings.Add(
                    entry.Mark, path, $"'{YamlScalar.Show(entry.Key)}' is not the name of a label",
                    $"1 to {SpecKeys.MaxLabelText} characters without blanks and '='");
            }
            else if (entry.Value is YamlUnusable)
            {
                continue;
            }
            else if (entry.Value is not YamlScalar { Type: ScalarType.String } value)
            {
                string quotes = entry.Value is YamlScalar { Type: not ScalarType.Null } ? "a string, in quotes if it looks like something else" : "a string";
                findings.Add(entry.Value.Mark, path, $"label '{YamlScalar.Show(entry.Key)}' is {entry.Value.Describe()}", quotes);
            }
            else if (value.Text.Length > SpecKeys.MaxLabelText || value.Text.Any(char.IsControl))
            {
                findings.Add(
                    value.Mark, path, $"label '{YamlScalar.Show(entry.Key)}' has a value of {value.Text.Length} characters or with control characters",
                    $"at most {SpecKeys.MaxLabelText} characters in one line");
            }
            else
            {
                labels[entry.Key] = value.Text;
                reader.Marks[$"{key}.{entry.Key}"] = entry.Mark;
            }
        }

        return labels;
    }
}
