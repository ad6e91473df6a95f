using System.Text.RegularExpressions;

namespace LightVM.Reconcile.Yaml;

/// <summary>Says in a user's words what the parser says in its own.</summary>
internal static partial class SyntaxMessage
{
    /// <param name="text">For example <c>While parsing a flow sequence, did not find expected ',' or ']'.</c></param>
    public static (string Message, string Expected) Of(string text)
    {
        string said = text.Trim().TrimEnd('.');
        if (said.Contains("plain scalar", StringComparison.Ordinal) && said.Contains("invalid mapping", StringComparison.Ordinal))
        {
            return ("a second ': ' in one line", "quotes around a value that contains ': ', or one 'key: value' in a line");
        }

        if (said.Contains("quoted scalar", StringComparison.Ordinal) && said.Contains("end of stream", StringComparison.Ordinal))
        {
            return ("a quote that is never closed", "the closing quote");
        }

        if (said.Contains("quoted scalar", StringComparison.Ordinal) && said.Contains("indentation", StringComparison.Ordinal))
        {
            return ("a quote that is not closed, or a text in quotes that goes on with too little indentation", "the closing quote");
        }

        if (said.Contains("parsing a block", StringComparison.Ordinal) && said.Contains("did not find expected", StringComparison.Ordinal))
        {
            return ("a line that does not fit the indentation of those before it", "the same indentation for all keys of one mapping");
        }

        Match missing = Missing().Match(said);
        if (missing.Success)
        {
            return ($"not YAML ({Lower(missing.Groups["where"].Value)})", missing.Groups["what"].Value);
        }

        Match found = Found().Match(said);
        return found.Success
            ? ($"{found.Groups["what"].Value} ({Lower(found.Groups["where"].Value)})", "YAML 1.2")
            : ($"not YAML: {Lower(said)}", "YAML 1.2");
    }

    private static string Lower(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];

    [GeneratedRegex(@"\A(?<where>.+?), (?:did not find|could not find|didn't find) (?:the )?(?:expected )?(?<what>.+)\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Missing();

    [GeneratedRegex(@"\A(?<where>.+?), found (?<what>.+)\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Found();
}
