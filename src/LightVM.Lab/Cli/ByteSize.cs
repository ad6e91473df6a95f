using System.Globalization;
using System.Text.RegularExpressions;

namespace LightVM.Lab.Cli;

/// <summary>Sizes as people write them.</summary>
internal static partial class ByteSize
{
    /// <summary>Parses "4GB", "1536MiB", "512 MB" or bytes; units are powers of 1024, as in PowerShell.</summary>
    public static long Parse(string text, string what)
    {
        var match = Pattern().Match(text);
        if (!match.Success
            || !long.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new LabException($"'{text}' is no {what}: write it like 4GB or 1536MB.");
        }

        var shift = match.Groups[2].Value.ToUpperInvariant() switch { "K" => 10, "M" => 20, "G" => 30, "T" => 40, _ => 0 };
        return number <= long.MaxValue >> shift
            ? number << shift
            : throw new LabException($"'{text}' is too large a {what}.");
    }

    [GeneratedRegex(@"^(\d+) ?(?:([KMGT])(?:i?B)?)?\z", RegexOptions.IgnoreCase)]
    private static partial Regex Pattern();
}
