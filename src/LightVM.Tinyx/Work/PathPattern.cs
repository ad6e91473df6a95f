using System.Text;
using System.Text.RegularExpressions;

namespace LightVM.Tinyx;

/// <summary>
/// Patterns of paths without a leading slash: <c>*</c> and <c>?</c> stay within one name, <c>**</c> crosses them
/// (<c>a/**/b</c> is also <c>a/b</c>); a pattern
/// also matches all that lies below what it matches.
/// </summary>
internal sealed class PathPattern
{
    private readonly Regex? any;

    public PathPattern(IEnumerable<string> patterns)
    {
        string[] all = [.. patterns.Select(ToRegex)];
        any = all.Length == 0 ? null : new Regex($"^(?:{string.Join('|', all)})(?:/|\\z)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    public bool Matches(string path) => any?.IsMatch(path) ?? false;

    private static string ToRegex(string pattern)
    {
        var regex = new StringBuilder();
        string text = pattern.Trim('/');
        for (int i = 0; i < text.Length; i++)
        {
            ReadOnlySpan<char> left = text.AsSpan(i);
            (string part, int length) = left switch
            {
                ['*', '*', '/', ..] => ("(?:.*/)?", 3),
                ['*', '*', ..] => (".*", 2),
                ['*', ..] => ("[^/]*", 1),
                ['?', ..] => ("[^/]", 1),
                _ => (Regex.Escape(left[..1].ToString()), 1),
            };
            regex.Append(part);
            i += length - 1;
        }

        return regex.ToString();
    }
}
