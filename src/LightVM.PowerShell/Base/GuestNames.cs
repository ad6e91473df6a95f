using System.Management.Automation;
using System.Text;

namespace LightVM.PowerShell;

/// <summary>Names as users give them: literals and PowerShell's wildcards, whatever their case.</summary>
internal sealed class GuestNames
{
    private readonly List<(string Name, WildcardPattern? Pattern)> names;

    public GuestNames(IEnumerable<string> names) => this.names =
        [.. names.Select(name => (name, WildcardPattern.ContainsWildcardCharacters(name) ? new WildcardPattern(name, WildcardOptions.IgnoreCase) : null))];

    /// <summary>
    /// The same as globs of * and ? that the daemon knows: they match at least what the names match; what comes back is filtered here.
    /// </summary>
    public IReadOnlyList<string> ToGlobs() => [.. names.Select(name => name.Pattern is null ? name.Name.ToLowerInvariant() : ToGlob(name.Name)).Distinct()];

    /// <summary>Those that a name given means, in the order of the names, each once; and the literals that mean none.</summary>
    public (IReadOnlyList<T> Found, IReadOnlyList<string> Missing) Match<T>(IReadOnlyList<T> candidates, Func<T, string> nameOf)
    {
        var byName = candidates.ToLookup(nameOf, StringComparer.OrdinalIgnoreCase);
        var found = new List<T>();
        var seen = new HashSet<T>();
        var missing = new List<string>();
        foreach ((string name, WildcardPattern? pattern) in names)
        {
            T[] matches = pattern is null ? [.. byName[name]] : [.. candidates.Where(c => pattern.IsMatch(nameOf(c)))];
            if (matches.Length == 0 && pattern is null)
            {
                missing.Add(name);
            }

            found.AddRange(matches.Where(seen.Add));
        }

        return (found, missing);
    }

    private static string ToGlob(string pattern)
    {
        var glob = new StringBuilder();
        for (int i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '`' when i + 1 < pattern.Length:
                    // An escaped wildcard character cannot be in a guest's name; any one character in its place finds a superset.
                    i++;
                    glob.Append("*?[]".Contains(pattern[i], StringComparison.Ordinal) ? '?' : char.ToLowerInvariant(pattern[i]));
                    break;
                case '[':
                    int close = pattern.IndexOf(']', i + 1);
                    if (close == i + 1)
                    {
                        close = pattern.IndexOf(']', i + 2);
                    }

                    i = close < 0 ? pattern.Length : close;
                    glob.Append(close < 0 ? '*' : '?');
                    break;
                default:
                    glob.Append(char.ToLowerInvariant(pattern[i]));
                    break;
            }
        }

        return glob.ToString();
    }
}
