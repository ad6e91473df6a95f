namespace LightVM.Tinyx;

/// <summary>Reads /var/lib/dpkg/status.</summary>
internal static class DpkgStatus
{
    /// <summary>The packages that are installed, by name.</summary>
    public static IReadOnlyDictionary<string, DebianPackage> Parse(string text)
    {
        var packages = new SortedDictionary<string, DebianPackage>(StringComparer.Ordinal);
        foreach (string stanza in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Dictionary<string, string> fields = Fields(stanza);
            if (fields.GetValueOrDefault("Status") == "install ok installed"
                && fields.TryGetValue("Package", out string? name)
                && fields.TryGetValue("Version", out string? version))
            {
                packages[name] = new DebianPackage(
                    name,
                    version,
                    fields.GetValueOrDefault("Architecture", "all"),
                    fields.GetValueOrDefault("Multi-Arch") == "same",
                    [.. Names(fields.GetValueOrDefault("Pre-Depends")).Concat(Names(fields.GetValueOrDefault("Depends")))],
                    [.. Names(fields.GetValueOrDefault("Provides"))]);
            }
        }

        return packages;
    }

    /// <summary>
    /// What is reached from some packages along their dependencies, those in <paramref name="drop"/> and what only they need left out
    /// (but not when they are asked for themselves).
    /// </summary>
    public static IReadOnlyList<DebianPackage> Reach(IReadOnlyDictionary<string, DebianPackage> installed, IEnumerable<string> from, PathPattern drop)
    {
        var reached = new SortedDictionary<string, DebianPackage>(StringComparer.Ordinal);
        var asked = new HashSet<string>(from, StringComparer.Ordinal);
        var waiting = new Queue<string>(asked);
        while (waiting.TryDequeue(out string? name))
        {
            IEnumerable<DebianPackage> meant = installed.TryGetValue(name, out DebianPackage? one)
                ? [one]
                : installed.Values.Where(p => p.Provides.Contains(name));
            foreach (DebianPackage package in meant)
            {
                if ((asked.Contains(name) || !drop.Matches(package.Name)) && reached.TryAdd(package.Name, package))
                {
                    foreach (string needed in package.Depends)
                    {
                        waiting.Enqueue(needed);
                    }
                }
            }
        }

        return [.. reached.Values];
    }

    private static Dictionary<string, string> Fields(string stanza)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in stanza.Split('\n'))
        {
            // A line that begins with a space goes on with the field before: none of those is wanted.
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[0] != ' ')
            {
                fields[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return fields;
    }

    // "libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0, python3:any"
    private static IEnumerable<string> Names(string? relation) =>
        (relation ?? "").Split([',', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split(' ', ':', '(')[0]);
}
