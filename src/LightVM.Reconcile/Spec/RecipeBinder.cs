using System.Globalization;
using System.Text.RegularExpressions;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of a recipe: a file, or the value of <c>recipe:</c> of an image.</summary>
internal sealed partial class RecipeBinder
{
    private const int MaxItems = 1000;

    private static readonly string[] Sources = ["packages", "paths", "ociLayout"];

    private readonly ObjectReader reader;
    private readonly string directory;
    private readonly FindingList findings;
    private readonly List<RecipeValue> values = [];

    private RecipeBinder(ObjectReader reader, string directory, FindingList findings)
    {
        this.reader = reader;
        this.directory = directory;
        this.findings = findings;
    }

    /// <param name="root">The document.</param>
    /// <param name="directory">The file's: paths are relative to it.</param>
    /// <param name="findings">Of that file; added to.</param>
    /// <returns>Null where it is no mapping; then there is a finding.</returns>
    public static RecipeSpec? BindFile(YamlNode root, string directory, FindingList findings)
    {
        if (ObjectReader.Open(root, "a recipe", "", SpecKeys.RecipeFile, findings) is not { } reader)
        {
            return null;
        }

        reader.Constant("apiVersion", SpecKeys.ApiVersion);
        reader.Constant("kind", SpecKeys.RecipeKind);
        return new RecipeBinder(reader, directory, findings).Bind();
    }

    /// <summary>One inside a spec.</summary>
    public static RecipeSpec? Bind(YamlNode node, string place, string directory, FindingList findings) =>
        ObjectReader.Open(node, "a recipe", place, SpecKeys.Recipe, findings) is { } reader ? new RecipeBinder(reader, directory, findings).Bind() : null;

    private RecipeSpec Bind()
    {
        var recipe = new RecipeSpec
        {
            File = findings.File,
            Place = reader.Path,
            Mark = reader.Mark,
            Packages = Texts("packages", "packages", package => PackagePattern().IsMatch(package) ? null : "is no name of a Debian package", "a name as apt-cache search prints it: lower-case letters, digits, +, - and ."),
            Paths = Texts("paths", "paths", FaultOfPath, "the path of a file or directory of this machine, relative to the file", Absolute),
            OciLayout = One("ociLayout", FaultOfPath, "the path of a directory with an OCI image layout, relative to the file", Absolute),
            Command = One("command", text => string.IsNullOrWhiteSpace(text) ? "is empty" : FaultOfText(text), "a command in the words of a shell") ?? "",
            User = One("user", text => UserPattern().IsMatch(text) ? null : "is no name of a user", "user or user:group, each a name or a number"),
            WorkingDirectory = One("workingDirectory", text => text.StartsWith('/') ? FaultOfText(text) : "is not absolute", "a path in the guest that begins with /"),
            Environment = BindEnvironment(),
            Restart = reader.Boolean("restart") ?? false,
            Ports = BindPorts(),
            Features = Texts("features", "features", FaultOfFeature, $"one of {string.Join(", ", SpecKeys.RecipeFeatures)}"),
            Keep = Texts("keep", "patterns", FaultOfPath, "a pattern of paths: * within a name, ** across names"),
            Drop = Texts("drop", "patterns", FaultOfPath, "a pattern of paths: * within a name, ** across names"),
            MinimumMemory = BindMemory(),
            Description = One("description", text => text.Any(char.IsControl) ? "has several lines or control characters" : null, "a string in one line"),
            Values = values,
        };
        CheckSources();
        return recipe;
    }

    private void CheckSources()
    {
        // One that is there and wrong has its finding already.
        string[] given = [.. Sources.Where(key => reader.Marks.ContainsKey(key) && reader.Value(key) is not YamlSequence { Items.Count: 0 })];
        if (given.Length == 0)
        {
            findings.Add(reader.Mark, reader.Path, "a recipe of nothing", "packages, paths or ociLayout: what the image is made of");
        }

        bool isOci = given.Contains("ociLayout");
        foreach (string key in given.Append("keep").Where(key => isOci && key != "ociLayout" && reader.Marks.ContainsKey(key)))
        {
            reader.Bad(key, $"a recipe with both ociLayout and {key}", "one of them: all of an OCI image is taken, and nothing besides");
        }

        if (!reader.Marks.ContainsKey("command") && !isOci)
        {
            findings.Add(reader.Mark, reader.Path, "a recipe without 'command'", "command: what the guest runs, in the words of a shell");
        }
    }

    private IReadOnlyDictionary<string, string> BindEnvironment()
    {
        (IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, string> secrets) = ApplicationBinder.BindEnvironment(reader, findings);
        foreach (string name in secrets.Keys)
        {
            reader.Bad($"environment.{name}", $"variable '{name}' of a recipe is a secret, and an image keeps none", "a string; secrets belong to the guest's environment:");
        }

        return variables;
    }

    private List<int> BindPorts()
    {
        var ports = new List<int>();
        foreach ((int index, YamlNode node) in Items("ports", "ports").Index())
        {
            if (node is YamlScalar { Type: ScalarType.Integer } scalar && scalar.Text[0] != '0' && int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536)
            {
                ports.Add(port);
            }
            else if (node is not YamlUnusable)
            {
                findings.Add(node.Mark, PlaceOf("ports", index), $"{node.Describe()} in place of a port", "a whole number from 1 to 65,535");
            }
        }

        return ports;
    }

    private long? BindMemory()
    {
        long? memory = reader.Size("minimumMemory");
        if (memory is not (< SpecKeys.LeastRecipeMemory or > SpecKeys.MostRecipeMemory))
        {
            return memory;
        }

        reader.Bad("minimumMemory", $"'minimumMemory' is {SpecSize.Format(memory.Value)}", $"{SpecSize.Format(SpecKeys.LeastRecipeMemory)} to {SpecSize.Format(SpecKeys.MostRecipeMemory)}");
        return null;
    }

    private string? One(string key, Func<string, string?> fault, string expected, Func<string, string>? then = null)
    {
        if (reader.String(key, expected) is not { } text)
        {
            return null;
        }

        if (fault(text) is { } wrong)
        {
            reader.Bad(key, $"'{key}' is '{YamlScalar.Show(text)}', which {wrong}", expected);
            return null;
        }

        text = then?.Invoke(text) ?? text;
        values.Add(new RecipeValue(key, text, reader.PathOf(key), reader.MarkOf(key)));
        return text;
    }

    private List<string> Texts(string key, string of, Func<string, string?> fault, string expected, Func<string, string>? then = null)
    {
        var texts = new List<string>();
        foreach ((int index, YamlNode node) in Items(key, of).Index())
        {
            if (node is not YamlScalar { Type: ScalarType.String } scalar)
            {
                if (node is not YamlUnusable)
                {
                    findings.Add(node.Mark, PlaceOf(key, index), $"{node.Describe()} in '{key}' of a recipe", node is YamlScalar { Type: not ScalarType.Null } ? $"{expected}, in quotes if it looks like something else" : expected);
                }
            }
            else if (fault(scalar.Text) is { } wrong)
            {
                findings.Add(node.Mark, PlaceOf(key, index), $"'{YamlScalar.Show(scalar.Text)}' {wrong}", expected);
            }
            else
            {
                string text = then?.Invoke(scalar.Text) ?? scalar.Text;
                values.Add(new RecipeValue(key, text, PlaceOf(key, index), node.Mark));
                texts.Add(text);
            }
        }

        return texts;
    }

    private IReadOnlyList<YamlNode> Items(string key, string of)
    {
        IReadOnlyList<YamlNode> items = reader.List(key, of) ?? [];
        if (items.Count > MaxItems)
        {
            reader.Bad(key, string.Create(CultureInfo.InvariantCulture, $"{items.Count} entries of '{key}'"), string.Create(CultureInfo.InvariantCulture, $"at most {MaxItems:N0}"));
        }

        return items;
    }

    private string PlaceOf(string key, int index) => string.Create(CultureInfo.InvariantCulture, $"{reader.PathOf(key)}[{index}]");

    private string Absolute(string path) => Path.GetFullPath(path, directory);

    private static string? FaultOfPath(string text) => text.Length == 0 ? "is empty" : FaultOfText(text);

    private static string? FaultOfText(string text) => text.Contains('\0', StringComparison.Ordinal) ? "has a zero character" : null;

    private static string? FaultOfFeature(string text) =>
        SpecKeys.RecipeFeatures.Contains(text, StringComparer.Ordinal) ? null : $"is no feature of a kernel{Suggestion.For(text, SpecKeys.RecipeFeatures)}";

    [GeneratedRegex(@"^[a-z0-9][a-z0-9+.-]+\z")]
    private static partial Regex PackagePattern();

    [GeneratedRegex(@"^([a-z_][a-z0-9_-]*|[0-9]{1,9})(:([a-z_][a-z0-9_-]*|[0-9]{1,9}))?\z")]
    private static partial Regex UserPattern();
}
