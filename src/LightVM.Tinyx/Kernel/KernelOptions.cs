using System.Text.RegularExpressions;

namespace LightVM.Tinyx;

/// <summary>The options of a kernel, put together of fragments.</summary>
internal sealed partial class KernelOptions
{
    private const string Folder = "kernel";
    private const string Extension = ".config";

    /// <summary>What programs are used to find, and one may do without.</summary>
    private const string Application = "application";

    private const string Off = "n";
    private const string FragmentLine = "# fragment ";
    private const string OffLine = "# CONFIG_";
    private const string OffEnd = " is not set";

    /// <summary>What every image gets: both kinds of guest, a console, a network, saving; and what programs usually want.</summary>
    public static readonly IReadOnlyList<string> DefaultFragments = ["base", "xen-pv", "xen-pvh", "console", "net", "save-restore", Application];

    private readonly SortedDictionary<string, (string Value, string Fragment)> options = new(StringComparer.Ordinal);

    /// <summary>Option (CONFIG_X) and value; <c>n</c> is off.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => options.Select(o => KeyValuePair.Create(o.Key, o.Value.Value));

    /// <summary>The options that only the application may want, switched on: those that may be tried without.</summary>
    public IReadOnlyList<string> Candidates => [.. options.Where(o => o.Value is { Fragment: Application, Value: not Off }).Select(o => o.Key)];

    /// <summary>The names of all fragments that there are.</summary>
    public static IReadOnlyList<string> Fragments => [.. DataFiles.List(Folder).Select(f => f[(Folder.Length + 1)..^Extension.Length])];

    /// <exception cref="LightVMException">InvalidArgument: there is no such feature.</exception>
    public static KernelOptions Of(IEnumerable<string> features)
    {
        var merged = new KernelOptions();
        foreach (string fragment in DefaultFragments.Concat(features).Distinct(StringComparer.Ordinal))
        {
            if (!Fragments.Contains(fragment))
            {
                throw new LightVMException(
                    ErrorCodes.InvalidArgument, $"There is no kernel feature '{fragment}'.", fragment, $"Give some of: {string.Join(", ", Recipe.KnownFeatures)}.");
            }

            merged.Add(fragment, DataFiles.Read($"{Folder}/{fragment}{Extension}"));
        }

        return merged;
    }

    /// <summary>The same with some options switched off.</summary>
    /// <param name="names">As fragments name them: CONFIG_X.</param>
    /// <exception cref="LightVMException">InvalidArgument: one that the platform asks for.</exception>
    public KernelOptions Without(IEnumerable<string> names)
    {
        var without = new KernelOptions();
        foreach ((string name, (string Value, string Fragment) option) in options)
        {
            without.options[name] = option;
        }

        foreach (string name in names)
        {
            if (options.TryGetValue(name, out (string Value, string Fragment) asked) && asked.Fragment != Application)
            {
                throw new LightVMException(
                    ErrorCodes.InvalidArgument, $"{name} cannot be switched off: the fragment '{asked.Fragment}' asks for it.", name, "A guest of LightVM, or a feature of this image, needs it.");
            }

            without.options[name] = (Off, Application);
        }

        return without;
    }

    /// <summary>Adds one; a later fragment does not change what an earlier one has set.</summary>
    /// <exception cref="InvalidOperationException">The fragment is broken, or contradicts another.</exception>
    internal void Add(string fragment, string text)
    {
        foreach (string line in DataFiles.Lines(text))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (!line.StartsWith("CONFIG_", StringComparison.Ordinal) || equals < 0)
            {
                throw new InvalidOperationException($"kernel fragment {fragment}: '{line}' is no option");
            }

            (string option, string value) = (line[..equals], line[(equals + 1)..]);
            if (options.TryGetValue(option, out (string Value, string Fragment) before) && before.Value != value)
            {
                throw new InvalidOperationException($"kernel fragments {before.Fragment} and {fragment} want {option} to be {before.Value} and {value}");
            }

            options[option] = (value, fragment);
        }
    }

    /// <summary>As Kconfig reads it.</summary>
    public string ToConfig() => string.Concat(options.Select(o => Line(o.Key, o.Value.Value)));

    /// <summary>The same with the fragment of each: what <see cref="Parse"/> reads.</summary>
    public string ToText() => string.Concat(options
        .GroupBy(o => o.Value.Fragment, StringComparer.Ordinal)
        .OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => $"{FragmentLine}{g.Key}\n{string.Concat(g.Select(o => Line(o.Key, o.Value.Value)))}"));

    /// <exception cref="FormatException">It is not what <see cref="ToText"/> writes.</exception>
    public static KernelOptions Parse(string text)
    {
        var parsed = new KernelOptions();
        string? fragment = null;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(FragmentLine, StringComparison.Ordinal))
            {
                fragment = line[FragmentLine.Length..];
                continue;
            }

            bool off = line.StartsWith(OffLine, StringComparison.Ordinal) && line.EndsWith(OffEnd, StringComparison.Ordinal);
            string option = off ? $"{line[2..^OffEnd.Length]}={Off}" : line;
            if (fragment is null || !OptionPattern().IsMatch(option))
            {
                throw new FormatException($"'{line}' is no kernel option of a fragment");
            }

            parsed.Add(fragment, option);
        }

        return parsed;
    }

    private static string Line(string option, string value) => value == Off ? $"# {option}{OffEnd}\n" : $"{option}={value}\n";

    [GeneratedRegex(@"^CONFIG_[A-Za-z0-9_]+=(y|n|-?[0-9]+|0x[0-9a-fA-F]+|""[^""\\]*"")\z")]
    private static partial Regex OptionPattern();

    /// <summary>The options that a finished .config has not got as they were asked for: Kconfig drops what lacks something that it depends on.</summary>
    public IReadOnlyList<string> Unmet(string config)
    {
        Dictionary<string, string> set = config.Split('\n')
            .Where(line => line.StartsWith("CONFIG_", StringComparison.Ordinal) && line.Contains('=', StringComparison.Ordinal))
            .ToDictionary(line => line[..line.IndexOf('=', StringComparison.Ordinal)], line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal);
        return [.. options.Where(o => set.GetValueOrDefault(o.Key, Off) != o.Value.Value).Select(o => $"{o.Key}={o.Value.Value}")];
    }
}
