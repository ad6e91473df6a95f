using System.Globalization;

namespace LightVM.PowerShell;

/// <summary>What clones are called.</summary>
internal static class CloneNames
{
    /// <summary>
    /// Without a pattern NAME-1 to NAME-N. A pattern with a * has the number in its place; one without gets it at its end, as New-LightVM
    /// -Count has it, or is the name itself where no count was given.
    /// </summary>
    /// <param name="source">The name of what is cloned.</param>
    /// <param name="pattern">Or null.</param>
    /// <param name="count">0: one, and none was asked for.</param>
    public static IReadOnlyList<string> Of(string source, string? pattern, int count)
    {
        if (pattern is not null && count == 0 && !pattern.Contains('*', StringComparison.Ordinal))
        {
            return [pattern];
        }

        string format = pattern is null ? source + "-*" : pattern.Contains('*', StringComparison.Ordinal) ? pattern : pattern + "-*";
        return [.. Enumerable.Range(1, Math.Max(count, 1)).Select(i => format.Replace("*", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))];
    }
}
