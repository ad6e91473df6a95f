using System.Management.Automation.Runspaces;

namespace LightVM.Shell;

/// <summary>Arguments of a script, given as words on a command line, as PowerShell would bind them.</summary>
public static class ScriptArguments
{
    /// <summary>
    /// <c>-Name</c> alone is a switch or takes the next word, as the script's param() decides; <c>-Name:value</c>
    /// carries its value; <c>--</c> ends the names; everything else is positional.
    /// </summary>
    public static IEnumerable<CommandParameter> Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var names = true;
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (names && word == "--")
            {
                names = false;
                continue;
            }

            if (!names || !IsName(word))
            {
                yield return new CommandParameter(null!, word);
                continue;
            }

            var colon = word.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                // The dash is kept: it tells the binder that this is a name whose value, if any, follows.
                yield return new CommandParameter(word, null);
            }
            else if (colon < word.Length - 1)
            {
                yield return new CommandParameter(word[1..colon], Value(word[(colon + 1)..]));
            }
            else
            {
                i++;
                yield return new CommandParameter(word[1..colon], i < words.Count ? Value(words[i]) : null);
            }
        }
    }

    /// <summary>A negative number is a value, not a name.</summary>
    private static bool IsName(string word) =>
        word.Length > 1 && word[0] == '-' && (char.IsLetter(word[1]) || word[1] is '_' or '?');

    private static object Value(string text) => text.ToLowerInvariant() switch
    {
        "$true" => true,
        "$false" => false,
        _ => text,
    };
}
