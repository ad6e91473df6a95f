using System.Text;

namespace LightVM.BenchReport;

/// <summary>
/// A hand-written document with blocks that a program fills: all between a line <c>&lt;!-- bench:NAME --&gt;</c> and the next
/// <c>&lt;!-- /bench --&gt;</c>.
/// </summary>
internal static class MarkedBlocks
{
    private const string Begin = "<!-- bench:";
    private const string End = "<!-- /bench -->";

    /// <param name="content">Gives what a block holds, by its name; null leaves what is there.</param>
    /// <exception cref="FormatException">A block has no end, or begins within another.</exception>
    public static string Fill(string document, Func<string, string?> content)
    {
        var filled = new StringBuilder();
        string? open = null, replacement = null;
        foreach (string line in document.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.StartsWith(Begin, StringComparison.Ordinal))
            {
                open = open is null ? trimmed[Begin.Length..].TrimEnd('-', '>', ' ') : throw new FormatException($"A block begins within block '{open}'.");
                replacement = content(open);
                filled.Append(line).Append('\n');
                if (replacement is not null)
                {
                    filled.Append(replacement.TrimEnd('\n')).Append('\n');
                }
            }
            else if (trimmed == End)
            {
                open = replacement = null;
                filled.Append(line).Append('\n');
            }
            else if (open is null || replacement is null)
            {
                filled.Append(line).Append('\n');
            }
        }

        return open is null ? filled.ToString() : throw new FormatException($"Block '{open}' has no end.");
    }
}
