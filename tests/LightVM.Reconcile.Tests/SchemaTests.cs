using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile.Tests;

/// <summary>specs/lightvm.schema.json is the one that is made of the tables, and says of values what the binders say. With LIGHTVM_WRITE_EXPECTED set it is rewritten.</summary>
public sealed class SchemaTests
{
    /// <summary>Keys that an entry of each table cannot be without, and where it stands in a document.</summary>
    private static readonly Dictionary<string, (string Needed, string Document)> Places = new()
    {
        ["Fleet"] = ("apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: f }\nguests: []", "{0}"),
        ["Metadata"] = ("name: f", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ {0} }}\nguests: []"),
        ["Image"] = ("name: i\npath: p", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nimages: [{{ {0} }}]\nguests: []"),
        ["Recipe"] = ("packages: [nginx]\ncommand: nginx", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nimages: [{{ name: i, recipe: {{ {0} }} }}]\nguests: []"),
        ["Network"] = ("name: n", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nnetworks: [{{ {0} }}]\nguests: []"),
        ["Guest"] = ("name: g\nimage: i", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ {0} }}]"),
        ["Adapter"] = ("", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, adapters: [{{ {0} }}] }}]"),
        ["Disk"] = ("path: /d", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, disks: [{{ {0} }}] }}]"),
        ["File"] = ("content: c", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, files: {{ /f: {{ {0} }} }} }}]"),
        ["Pool"] = ("image: i\ncount: 1", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: []\npool: [{{ {0} }}]"),
        ["Probes"] = ("", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, probes: {{ {0} }} }}]"),
        ["Probe"] = ("tcp: 80", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, probes: {{ ready: {{ {0} }} }} }}]"),
        ["Secret"] = ("secretRef: s", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, environment: {{ A: {{ {0} }} }} }}]"),
        ["Host"] = ("name: h", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nhosts: [{{ {0} }}]\nguests: []"),
        ["Placement"] = ("", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, placement: {{ {0} }} }}]"),
        ["Update"] = ("", "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: f }}\nguests: [{{ name: g, image: i, update: {{ {0} }} }}]"),
    };

    [Fact]
    public void The_file_is_made_of_the_tables()
    {
        string path = InRepository("specs/lightvm.schema.json");
        if (Environment.GetEnvironmentVariable("LIGHTVM_WRITE_EXPECTED") is { Length: > 0 })
        {
            File.WriteAllText(path, SpecSchema.Text());
        }

        Assert.Equal(SpecSchema.Text(), File.ReadAllText(path));
    }

    [Fact]
    public void That_of_recipe_files_is_made_of_them_too()
    {
        string path = InRepository("specs/lightvm-recipe.schema.json");
        if (Environment.GetEnvironmentVariable("LIGHTVM_WRITE_EXPECTED") is { Length: > 0 })
        {
            File.WriteAllText(path, SpecSchema.RecipeText());
        }

        Assert.Equal(SpecSchema.RecipeText(), File.ReadAllText(path));
    }

    [Fact]
    public void Every_recipe_among_the_samples_names_that_and_is_one()
    {
        foreach (string sample in Directory.GetFiles(InRepository("specs/recipes"), "*.yaml"))
        {
            string text = File.ReadAllText(sample);
            Assert.StartsWith("# yaml-language-server: $schema=../lightvm-recipe.schema.json\n", text, StringComparison.Ordinal);
            var findings = new FindingList(sample);
            Assert.NotNull(RecipeBinder.BindFile(YamlReader.Read(text, findings)!, "/", findings));
            findings.ThrowIfAny();
        }
    }

    [Fact]
    public void Every_sample_names_it()
    {
        foreach (string sample in Directory.GetFiles(InRepository("specs"), "*.yaml"))
        {
            Assert.StartsWith("# yaml-language-server: $schema=lightvm.schema.json\n", File.ReadAllText(sample), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_says_of_values_what_the_binders_say()
    {
        int tried = 0;
        foreach ((string table, IReadOnlyList<SpecKey> keys) in SpecSchema.Tables)
        {
            foreach (SpecKey key in keys)
            {
                foreach ((string value, bool good) in Samples(SpecSchema.ValueOf(table, key.Name)))
                {
                    string[] findings = Findings(table, key.Name, value);
                    Assert.True(good == (findings.Length == 0), $"{table}.{key.Name}: {value} is {(good ? "good" : "bad")} by the schema; {string.Join("; ", findings)}");
                    tried++;
                }
            }
        }

        Assert.InRange(tried, 150, int.MaxValue);
    }

    [Fact]
    public void Keys_that_it_does_not_know_are_refused_by_both()
    {
        JsonObject schema = JsonNode.Parse(SpecSchema.Text())!.AsObject();
        foreach (string table in SpecSchema.Tables.Keys)
        {
            JsonObject known = table == "Fleet" ? schema : schema["$defs"]![table]!.AsObject();
            Assert.False(known["additionalProperties"]!.GetValue<bool>());
            Assert.NotEmpty(Findings(table, "nonsense", "1"));
            foreach (string needed in (known["required"]?.AsArray() ?? []).Select(name => name!.GetValue<string>()))
            {
                Assert.NotEmpty(Findings(table, needed, null));
            }
        }
    }

    /// <summary>Values at the borders of what a schema allows.</summary>
    private static IEnumerable<(string Value, bool Good)> Samples(JsonObject schema)
    {
        if (schema["enum"] is JsonArray words)
        {
            return [.. words.Select(word => (word!.GetValue<string>(), true)), ("nonsense", false), ("1", false)];
        }

        return schema["type"] switch
        {
            JsonValue type when type.GetValue<string>() == "boolean" => [("true", true), ("false", true), ("yes", false), ("1", false)],
            JsonValue type when type.GetValue<string>() == "integer" => Integers(schema["minimum"]!.GetValue<int>(), schema["maximum"]!.GetValue<int>()),
            JsonValue type when type.GetValue<string>() == "array" => [("[]", true), ("nonsense", false), ("{ a: b }", false)],
            JsonValue type when type.GetValue<string>() == "string" && schema["pattern"] is { } pattern => Names(new Regex(pattern.GetValue<string>())),
            JsonValue type when type.GetValue<string>() == "string" => [("[]", false), ("1", false), ("true", false)],
            _ => [("[a]", false)],
        };
    }

    private static IEnumerable<(string, bool)> Integers(int least, int most)
    {
        string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
        return [(Text(least), true), (Text(most), true), (Text(least - 1), false), (Text(most + 1), false), ("nonsense", false), ("1.5", false)];
    }

    private static IEnumerable<(string, bool)> Names(Regex pattern) => ((string[])
        ["a", "a-b", "a1", new string('a', 63), new string('a', 64), "-a", "a-", "A", "a_b", "a.b"]).Select(name => (name, pattern.IsMatch(name)));

    /// <param name="value">Null: without the key.</param>
    private static string[] Findings(string table, string key, string? value)
    {
        (string needed, string document) = Places[table];
        List<string> lines = [.. needed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith(key + ":", StringComparison.Ordinal))];
        if ((table, key) is ("Probe", "http" or "console") or ("File", "secretRef"))
        {
            lines.Clear();
        }

        if (table == "Image" && key == "recipe")
        {
            lines.Remove("path: p");
        }

        if (table == "Recipe" && key == "packages")
        {
            lines.Add("paths: [p]");
        }

        if (table == "Probe" && key == "path")
        {
            lines = ["http: 80"];
        }

        if (table == "Network" && key is "vlan")
        {
            lines.Add("bridge: br0");
        }

        if (table == "Network" && key is "trusted")
        {
            lines.AddRange(["bridge: br0"]);
        }

        if (table == "Network" && key == "mtu")
        {
            lines.Add("subnet6: none");
        }

        if (value is not null)
        {
            lines.Add($"{key}: {value}");
        }

        var findings = new FindingList("s.yaml");
        string text = string.Format(CultureInfo.InvariantCulture, document, string.Join(table == "Fleet" ? "\n" : ", ", lines));
        YamlNode? root = YamlReader.Read(text, findings);
        _ = root is null ? null : FleetBinder.Bind(root, findings, "/s.yaml", SpecText.FromBytes(System.Text.Encoding.UTF8.GetBytes(text), findings));
        try
        {
            findings.ThrowIfAny();
            return [];
        }
        catch (LightVMException e)
        {
            return [.. e.Findings.Select(finding => finding.ToString())];
        }
    }

    private static string InRepository(string path, [CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../..", path));
}
