namespace LightVM.Tinyx;

/// <summary>The options of a kernel, put together of fragments.</summary>
internal sealed class KernelOptions
{
    private const string Folder = "kernel";
    private const string Extension = ".config";

    /// <summary>What every image gets: both kinds of guest, a console, a network, saving.</summary>
    public static readonly IReadOnlyList<string> DefaultFragments = ["base", "xen-pv", "xen-pvh", "console", "net", "save-restore"];

    private readonly SortedDictionary<string, (string Value, string Fragment)> options = new(StringComparer.Ordinal);

    /// <summary>Option (CONFIG_X) and value; <c>n</c> is off.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => options.Select(o => KeyValuePair.Create(o.Key, o.Value.Value));

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
    public string ToConfig() => string.Concat(options.Select(o => o.Value.Value == "n" ? $"# {o.Key} is not set\n" : $"{o.Key}={o.Value.Value}\n"));

    /// <summary>The options that a finished .config has not got as they were asked for: Kconfig drops what lacks something that it depends on.</summary>
    public IReadOnlyList<string> Unmet(string config)
    {
        Dictionary<string, string> set = config.Split('\n')
            .Where(line => line.StartsWith("CONFIG_", StringComparison.Ordinal) && line.Contains('=', StringComparison.Ordinal))
            .ToDictionary(line => line[..line.IndexOf('=', StringComparison.Ordinal)], line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal);
        return [.. options.Where(o => set.GetValueOrDefault(o.Key, "n") != o.Value.Value).Select(o => $"{o.Key}={o.Value.Value}")];
    }
}
