using System.Globalization;
using System.Text;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of what a guest's application is given: <c>arguments</c>, <c>environment</c>, <c>files</c>.</summary>
internal static class ApplicationBinder
{
    public const int MaxArguments = 256;
    public const int MaxVariables = 256;
    public const int MaxFiles = 256;
    private const int MaxMode = 0xfff; // 07777

    private const string Reserved = "/.lightvm"; // where the guest's environment is

    private static readonly string[] Sources = ["content", "base64", "path", "secretRef"];

    public static IReadOnlyList<string> BindArguments(ObjectReader reader, FindingList findings)
    {
        IReadOnlyList<YamlNode> list = reader.List("arguments", "strings") ?? [];
        if (list.Count > MaxArguments)
        {
            reader.Bad("arguments", $"{list.Count} arguments", $"at most {MaxArguments}");
        }

        var arguments = new List<string>();
        foreach ((int index, YamlNode node) in list.Index())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{reader.PathOf("arguments")}[{index}]");
            const string expected = "a string in one line without '\"'";
            switch (node)
            {
                case YamlUnusable:
                    break;
                case YamlScalar { Type: not ScalarType.Null } scalar when !scalar.Text.Any(c => char.IsControl(c) || c == '"'):
                    // Numbers and booleans too: what the application gets is their text, as it is written here.
                    arguments.Add(scalar.Text);
                    break;
                case YamlScalar { Type: not ScalarType.Null } scalar:
                    findings.Add(node.Mark, path, $"argument '{YamlScalar.Show(scalar.Text)}' has a '\"' or control characters", expected);
                    break;
                default:
                    findings.Add(node.Mark, path, $"{node.Describe()} in place of an argument", expected);
                    break;
            }
        }

        return arguments;
    }

    /// <returns>The variables with a text, and the secrets of those with one.</returns>
    public static (IReadOnlyDictionary<string, string> Variables, IReadOnlyDictionary<string, string> Secrets) BindEnvironment(ObjectReader reader, FindingList findings)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlEntry entry in Entries(reader, "environment", "{ MODE: test }", MaxVariables))
        {
            string path = $"{reader.PathOf("environment")}.{entry.Key}";
            if (entry.Key.Length == 0 || char.IsAsciiDigit(entry.Key[0]) || !entry.Key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                findings.Add(entry.Mark, path, $"'{YamlScalar.Show(entry.Key)}' is not the name of a variable", "letters, digits and '_', not beginning with a digit");
            }
            else if (entry.Value is YamlMapping)
            {
                reader.Marks[$"environment.{entry.Key}"] = entry.Mark;
                if (BindSecret(ObjectReader.Open(entry.Value, "a secret", path, SpecKeys.Secret, findings)!) is { } secret)
                {
                    secrets[entry.Key] = secret;
                }
            }
            else if (entry.Value is not YamlUnusable and not YamlScalar { Type: ScalarType.String })
            {
                string quotes = entry.Value is YamlScalar { Type: not ScalarType.Null } ? "a string, in quotes if it looks like something else" : "a string";
                findings.Add(entry.Value.Mark, path, $"variable '{entry.Key}' is {entry.Value.Describe()}", quotes);
            }
            else if (entry.Value is YamlScalar value && value.Text.Any(char.IsControl))
            {
                findings.Add(value.Mark, path, $"variable '{entry.Key}' has several lines or control characters", "a string in one line");
            }
            else if (entry.Value is YamlScalar good)
            {
                variables[entry.Key] = good.Text;
                reader.Marks[$"environment.{entry.Key}"] = entry.Mark;
            }
        }

        return (variables, secrets);
    }

    private static string? BindSecret(ObjectReader reader)
    {
        const string expected = "the name of a secret: letters, digits, '-', '_' and '.', not beginning with '.'";
        string? secret = reader.String("secretRef", expected);
        if (secret is null || SecretReferences.IsName(secret))
        {
            return secret;
        }

        reader.Bad("secretRef", $"'{YamlScalar.Show(secret)}' is not the name of a secret", expected);
        return null;
    }

    /// <param name="reader">The guest.</param>
    /// <param name="specDirectory">What a file's <c>path</c> is relative to.</param>
    /// <param name="findings">Added to.</param>
    public static IReadOnlyList<FileSpec> BindFiles(ObjectReader reader, string specDirectory, FindingList findings)
    {
        var files = new List<FileSpec>();
        foreach (YamlEntry entry in Entries(reader, "files", "{ /index.html: { path: ./index.html } }", MaxFiles))
        {
            string place = $"{reader.PathOf("files")}.{entry.Key}";
            if (!IsGuestPath(entry.Key))
            {
                findings.Add(entry.Mark, place, $"'{YamlScalar.Show(entry.Key)}' is not the path of a file in a guest", "an absolute path without '.' and '..', such as /index.html");
            }
            else if (entry.Value is YamlScalar { Type: ScalarType.String } text)
            {
                files.Add(new FileSpec { Path = entry.Key, Content = Encoding.UTF8.GetBytes(text.Text), Mark = entry.Mark, Place = place });
            }
            else if (entry.Value is YamlMapping)
            {
                if (BindFile(entry, place, specDirectory, findings) is { } file)
                {
                    files.Add(file);
                }
            }
            else if (entry.Value is not YamlUnusable)
            {
                findings.Add(entry.Value.Mark, place, $"file '{YamlScalar.Show(entry.Key)}' is {entry.Value.Describe()}", "its text, or a mapping with content, base64, path or secretRef");
            }
        }

        return files;
    }

    /// <summary>Whether all files of a guest together are small enough.</summary>
    public static void CheckTotal(IReadOnlyList<FileSpec> files, SourceMark mark, string path, FindingList findings)
    {
        long total = files.Sum(file => (long)(file.Content?.Length ?? 0));
        if (total > GuestFile.MaxTotal)
        {
            findings.Add(
                mark, path, string.Create(CultureInfo.InvariantCulture, $"files of {total:N0} bytes together"),
                string.Create(CultureInfo.InvariantCulture, $"at most {GuestFile.MaxTotal:N0}; a disk for what is larger"));
        }
    }

    private static FileSpec? BindFile(YamlEntry entry, string place, string specDirectory, FindingList findings)
    {
        ObjectReader reader = ObjectReader.Open(entry.Value, "a file", place, SpecKeys.File, findings)!;
        string? content = reader.String("content", "the file's text");
        string? base64 = reader.String("base64", "the file's bytes in base64");
        string? path = reader.String("path", "the path of a local file, relative to the spec file");
        string? secret = BindSecret(reader);
        int mode = BindMode(reader) ?? 0x124;
        string[] given = [.. Sources.Where(reader.Marks.ContainsKey)];
        if (given.Length != 1)
        {
            string what = given.Length == 0 ? "has neither content nor base64 nor path nor secretRef" : $"has both {given[0]} and {given[1]}";
            findings.Add(entry.Value.Mark, place, $"file '{YamlScalar.Show(entry.Key)}' {what}", "one of content, base64, path and secretRef");
            return null;
        }

        if (path is not null && (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)))
        {
            reader.Bad("path", "'path' is empty or has a zero character", "the path of a local file, relative to the spec file");
            return null;
        }

        byte[]? bytes = content is null ? null : Encoding.UTF8.GetBytes(content);
        if (base64 is not null)
        {
            bytes = new byte[base64.Length];
            if (!Convert.TryFromBase64String(base64, bytes, out int length))
            {
                reader.Bad("base64", "'base64' is not base64", "the file's bytes in base64");
                return null;
            }

            bytes = bytes[..length];
        }

        return bytes is null && path is null && secret is null
            ? null
            : new FileSpec
            {
                Path = entry.Key, Content = bytes, Source = path is null ? null : Path.GetFullPath(path, specDirectory), Secret = secret, Mode = mode, Mark = entry.Mark, Place = place,
            };
    }

    private static int? BindMode(ObjectReader reader)
    {
        const string expected = "permission bits such as 0o444 or '0444'";
        switch (reader.Value("mode"))
        {
            case null:
                return null;
            case YamlScalar { Type: ScalarType.Integer or ScalarType.String } scalar when TryOctal(scalar.Text, scalar.Type == ScalarType.String, out int mode):
                return mode;
            case var other:
                reader.Bad("mode", $"'mode' of a file is {other.Describe()}", expected);
                return null;
        }
    }

    /// <summary>Only what cannot be read as decimal: 0o444, or octal digits in quotes.</summary>
    private static bool TryOctal(string text, bool quoted, out int mode)
    {
        mode = 0;
        string digits = text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : quoted ? text : "";
        if (digits.Length is 0 or > 5 || digits.Any(c => c is < '0' or > '7'))
        {
            return false;
        }

        mode = Convert.ToInt32(digits, 8);
        return mode <= MaxMode;
    }

    private static bool IsGuestPath(string path) =>
        path.Length > 1 && Encoding.UTF8.GetByteCount(path) <= 1023 && path[0] == '/' && path != Reserved && !path.StartsWith(Reserved + "/", StringComparison.Ordinal) && !path.Any(char.IsControl) && path[1..].Split('/').All(part => part is not ("" or "." or ".."));

    private static IReadOnlyList<YamlEntry> Entries(ObjectReader reader, string key, string example, int most)
    {
        switch (reader.Value(key))
        {
            case null:
                return [];
            case YamlMapping mapping:
                if (mapping.Entries.Count > most)
                {
                    reader.Bad(key, $"{mapping.Entries.Count} entries of '{key}'", $"at most {most}");
                }

                return mapping.Entries;
            case var other:
                reader.Bad(key, $"'{key}' of {reader.What} is {other.Describe()}", $"a mapping such as {example}");
                return [];
        }
    }
}
