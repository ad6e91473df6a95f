using System.Globalization;
using System.Text.RegularExpressions;

namespace LightVM.Tinyx;

/// <summary>How many objects of a kernel are compiled anew when an option changes: those whose .o.cmd files name it.</summary>
internal static partial class OptionObjects
{
    private const string Prefix = "CONFIG_";

    /// <summary>Counts them in a build directory.</summary>
    public static IReadOnlyDictionary<string, int> Count(string buildDirectory)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(buildDirectory, ".*.o.cmd", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            foreach (string option in OptionPattern().Matches(File.ReadAllText(file)).Select(m => Prefix + m.Groups[1].Value).Distinct(StringComparer.Ordinal))
            {
                counts[option] = counts.GetValueOrDefault(option) + 1;
            }
        }

        return counts;
    }

    public static string Write(IReadOnlyDictionary<string, int> counts) =>
        string.Concat(counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value}\n")));

    public static IReadOnlyDictionary<string, int> Read(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .ToDictionary(fields => fields[0], fields => int.Parse(fields[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    [GeneratedRegex(@"\$\(wildcard include/config/([A-Z0-9a-z_]+)\)")]
    private static partial Regex OptionPattern();
}
