namespace LightVM.Tinyx;

/// <summary>Which kernel features follow from what an application's configuration says.</summary>
internal static class FeatureRules
{
    private const long LargestConfiguration = 1 << 20;

    public static IReadOnlyList<string> Of(RootTree root) =>
        [.. DataFiles.ReadLines("feature-rules.list").Select(Parse).Where(r => Applies(r.Path, r.Text, root)).Select(r => r.Feature).Distinct(StringComparer.Ordinal)];

    // FEATURE PATH TEXT
    private static (string Feature, PathPattern Path, string Text) Parse(string line)
    {
        string[] fields = line.Split(' ', 3);
        return (fields[0], new PathPattern([fields[1]]), fields[2]);
    }

    private static bool Applies(PathPattern path, string text, RootTree root) => root.Entries
        .Where(e => e.Value is { Kind: FileKind.File, Source: not null } && path.Matches(e.Key))
        .Any(e => new FileInfo(e.Value.Source!).Length <= LargestConfiguration
            && File.ReadLines(e.Value.Source!).Any(line => !line.TrimStart().StartsWith('#') && line.Contains(text, StringComparison.Ordinal)));
}
