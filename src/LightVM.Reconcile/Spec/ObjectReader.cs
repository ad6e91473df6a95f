using System.Globalization;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>
/// Reads the keys of one mapping. Every method adds a finding for what is wrong and answers null, so that a binder goes on
/// and the user sees all findings at once.
/// </summary>
internal sealed class ObjectReader
{
    private readonly Dictionary<string, YamlEntry> entries;
    private readonly FindingList findings;
    private readonly Dictionary<string, SourceMark> marks = new(StringComparer.Ordinal);

    private ObjectReader(YamlMapping mapping, string what, string path, IReadOnlyList<SpecKey> keys, FindingList findings)
    {
        What = what;
        this.findings = findings;
        Mark = mapping.Mark;
        Path = path;
        entries = mapping.Entries.Where(entry => entry.Value is not YamlUnusable).ToDictionary(entry => entry.Key, StringComparer.Ordinal);
        string[] known = [.. keys.Select(key => key.Name)];
        foreach (YamlEntry entry in mapping.Entries)
        {
            if (!known.Contains(entry.Key, StringComparer.Ordinal))
            {
                findings.Add(
                    entry.Mark, PathOf(entry.Key), $"unknown key '{YamlScalar.Show(entry.Key)}' of {what}{Suggestion.For(entry.Key, known)}",
                    known.Length == 1 ? $"'{known[0]}'" : $"one of {string.Join(", ", known)}");
            }
            else
            {
                marks[entry.Key] = entry.Value is YamlScalar { Type: ScalarType.Null } ? entry.Mark : entry.Value.Mark;
            }
        }

        foreach (SpecKey key in keys.Where(key => key.Required && !marks.ContainsKey(key.Name)))
        {
            findings.Add(mapping.Mark, path, $"{what} without '{key.Name}'", $"{key.Name}: {key.Type.Replace("`", "", StringComparison.Ordinal)}");
        }
    }

    /// <summary>What it describes, with its article: <c>a guest</c>.</summary>
    public string What { get; }

    public SourceMark Mark { get; }

    public string Path { get; }

    /// <summary>Where the value of each known key begins; of a key without a value, the key.</summary>
    public Dictionary<string, SourceMark> Marks => marks;

    /// <param name="node">What should be a mapping.</param>
    /// <param name="what">What it describes, with its article: <c>a guest</c>.</param>
    /// <param name="path">Its place in the document.</param>
    /// <param name="keys">The keys that it may have.</param>
    /// <param name="findings">Added to.</param>
    public static ObjectReader? Open(YamlNode node, string what, string path, IReadOnlyList<SpecKey> keys, FindingList findings)
    {
        if (node is YamlMapping mapping)
        {
            return new ObjectReader(mapping, what, path, keys, findings);
        }

        if (node is not YamlUnusable)
        {
            findings.Add(node.Mark, path, $"{node.Describe()} in place of {what}", $"a mapping with {string.Join(", ", keys.Select(key => key.Name))}");
        }

        return null;
    }

    public SourceMark MarkOf(string key) => marks.TryGetValue(key, out SourceMark mark) ? mark : Mark;

    public YamlNode? Value(string key) => entries.TryGetValue(key, out YamlEntry? entry) ? entry.Value : null;

    public IReadOnlyList<YamlNode>? List(string key, string of)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case YamlSequence sequence:
                return sequence.Items;
            case var other:
                Wrong(key, other, $"a list of {of}; [] for none");
                return null;
        }
    }

    public string? String(string key, string expected)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case YamlScalar { Type: ScalarType.String } scalar:
                return scalar.Text;
            case YamlScalar { Type: not ScalarType.Null } scalar:
                Wrong(key, scalar, $"{expected}, in quotes if it looks like something else");
                return null;
            case var other:
                Wrong(key, other, expected);
                return null;
        }
    }

    /// <summary>A fixed word, such as <c>kind: Fleet</c>.</summary>
    public void Constant(string key, string value)
    {
        if (String(key, $"'{value}'") is { } text && text != value)
        {
            findings.Add(MarkOf(key), PathOf(key), $"'{key}' is '{YamlScalar.Show(text)}'", $"'{value}'");
        }
    }

    public string? Name(string key)
    {
        const string expected = "lower-case letters, digits and '-', at most 63, beginning and ending with a letter or digit";
        string? name = String(key, $"a name: {expected}");
        if (name is null || SpecName.IsValid(name))
        {
            return name;
        }

        string lower = name.ToLowerInvariant().Replace('_', '-');
        string hint = lower != name && SpecName.IsValid(lower) ? $" (did you mean '{lower}'?)" : "";
        findings.Add(MarkOf(key), PathOf(key), $"'{YamlScalar.Show(name)}' is not a name{hint}", expected);
        return null;
    }

    public int? Integer(string key, int minimum, int maximum)
    {
        string expected = string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum:N0} to {maximum:N0}");
        switch (Value(key))
        {
            case null:
                return null;
            case YamlScalar { Type: ScalarType.Integer } scalar when TryInteger(scalar.Text, out long value):
                if (value >= minimum && value <= maximum)
                {
                    return (int)value;
                }

                Wrong(key, scalar, expected);
                return null;
            case var other:
                Wrong(key, other, expected);
                return null;
        }
    }

    public bool? Boolean(string key)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case YamlScalar { Type: ScalarType.Boolean } scalar:
                return scalar.Text is "true" or "True" or "TRUE";
            case var other:
                Wrong(key, other, "true or false");
                return null;
        }
    }

    /// <summary>Bytes.</summary>
    public long? Size(string key)
    {
        const string expected = "a size such as 4MB: a whole number of bytes, or a number with KB, MB, GB or TB";
        if (Value(key) is not { } node)
        {
            return null;
        }

        if (node is not YamlScalar { Type: ScalarType.String or ScalarType.Integer or ScalarType.Float } scalar)
        {
            Wrong(key, node, expected);
            return null;
        }

        string text = scalar.Text;
        if (text.StartsWith("0x", StringComparison.Ordinal) && TryInteger(text, out long bytes))
        {
            return bytes;
        }

        if (scalar.Type == ScalarType.Integer && text.Length > 1 && text[0] == '0')
        {
            findings.Add(MarkOf(key), PathOf(key), $"'{key}' is {YamlScalar.Show(text)}, which some read as octal", "a number without leading zeros");
            return null;
        }

        if (SpecSize.TryParse(text, out bytes, out string? problem))
        {
            return bytes;
        }

        findings.Add(MarkOf(key), PathOf(key), $"'{key}': '{YamlScalar.Show(text)}' {problem}", expected);
        return null;
    }

    /// <summary>An enum value in camelCase.</summary>
    public TEnum? Enum<TEnum>(string key)
        where TEnum : struct, Enum
    {
        string[] words = [.. System.Enum.GetNames<TEnum>().Select(name => char.ToLowerInvariant(name[0]) + name[1..])];
        string expected = $"{string.Join(", ", words[..^1])} or {words[^1]}";
        if (String(key, expected) is not { } text)
        {
            return null;
        }

        int index = Array.IndexOf(words, text);
        if (index >= 0)
        {
            return System.Enum.GetValues<TEnum>()[index];
        }

        findings.Add(MarkOf(key), PathOf(key), $"'{key}' is '{YamlScalar.Show(text)}'{Suggestion.For(text, words)}", expected);
        return null;
    }

    public void Bad(string key, string message, string expected) => findings.Add(MarkOf(key), PathOf(key), message, expected);

    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private void Wrong(string key, YamlNode found, string expected) =>
        findings.Add(MarkOf(key), PathOf(key), $"'{key}' of {What} is {found.Describe()}", expected);

    /// <summary>Decimal without leading zeros (0755 means two things to people), hexadecimal, or octal with 0o.</summary>
    private static bool TryInteger(string text, out long value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            foreach (char digit in text.AsSpan(2))
            {
                if (value > long.MaxValue >> 3)
                {
                    return false;
                }

                value = (value << 3) + (digit - '0');
            }

            return true;
        }

        ReadOnlySpan<char> digits = text.AsSpan().TrimStart("+-");
        return !(digits.Length > 1 && digits[0] == '0')
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}
