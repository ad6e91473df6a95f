using System.Text;
using System.Text.RegularExpressions;

namespace LightVM.PowerShell.Tests;

/// <summary>Turns a document of docs/, or some of its sections, into a help topic: text of at most 80 columns, code indented, tables as lists.</summary>
internal static partial class AboutTopic
{
    private const int Width = 80;

    /// <param name="name"><c>about_LightVM_Specs</c></param>
    /// <param name="summary">One line.</param>
    /// <param name="markdown">What Get-Help is to show.</param>
    public static string Of(string name, string summary, string markdown)
    {
        var text = new StringBuilder($"TOPIC\n    {name}\n\nSHORT DESCRIPTION\n    {summary}\n\nLONG DESCRIPTION\n");
        var paragraph = new List<string>();
        bool isCode = false;
        string[]? columns = null;

        void Flush()
        {
            if (paragraph.Count > 0)
            {
                Wrap(text, string.Join(' ', paragraph), paragraph[0].StartsWith("- ", StringComparison.Ordinal) ? "    - " : "    ");
                paragraph.Clear();
            }
        }

        foreach (string line in markdown.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                Flush();
                isCode = !isCode;
                text.Append('\n');
            }
            else if (isCode || (line.StartsWith("    ", StringComparison.Ordinal) && paragraph.Count == 0))
            {
                text.Append(line.Length == 0 ? "\n" : $"        {(isCode ? line : line[4..])}\n");
            }
            else if (line.StartsWith("| ", StringComparison.Ordinal) || line.StartsWith("|-", StringComparison.Ordinal))
            {
                Flush();
                string[] cells = [.. line.Trim('|', ' ').Split(" | ").Select(cell => Plain(cell.Trim()))];
                if (columns is null)
                {
                    columns = cells;
                    text.Append('\n');
                }
                else if (!line.Contains("---", StringComparison.Ordinal))
                {
                    Row(text, columns, cells);
                }
            }
            else
            {
                columns = line.Length == 0 ? null : columns;
                if (line.StartsWith('#'))
                {
                    Flush();
                    text.Append(line.StartsWith("# ", StringComparison.Ordinal) ? "" : $"\n  {Plain(line.TrimStart('#', ' '))}\n");
                }
                else if (line.Length == 0 || line.StartsWith("<!--", StringComparison.Ordinal))
                {
                    Flush();
                }
                else
                {
                    if (line.StartsWith("- ", StringComparison.Ordinal))
                    {
                        Flush();
                    }

                    paragraph.Add(line.Trim());
                }
            }
        }

        Flush();
        return Blank().Replace(text.ToString().TrimEnd(), "\n\n") + "\n";
    }

    /// <summary>Sections of a document by their headings; the part before the first has none.</summary>
    public static string Sections(string markdown, Func<string, bool> wanted)
    {
        var kept = new StringBuilder();
        bool keep = wanted("");
        foreach (string line in markdown.Split('\n'))
        {
            keep = line.StartsWith("## ", StringComparison.Ordinal) ? wanted(line[3..]) : keep;
            if (keep)
            {
                kept.Append(line).Append('\n');
            }
        }

        return kept.ToString();
    }

    private static void Row(StringBuilder text, string[] columns, string[] cells)
    {
        text.Append($"    {cells[0]}\n");
        for (int i = 1; i < cells.Length; i++)
        {
            if (cells[i].Length > 0)
            {
                string label = i < columns.Length && columns[i].Length > 0 && cells.Length > 2 ? columns[i] + ": " : "";
                Wrap(text, label + cells[i], "        ", open: false);
            }
        }
    }

    private static void Wrap(StringBuilder text, string words, string first, bool open = true)
    {
        string rest = new(' ', first.Length);
        var line = new StringBuilder(first);
        bool any = false;
        text.Append(open ? "\n" : "");
        foreach (string word in Plain(first.EndsWith("- ", StringComparison.Ordinal) ? words[2..] : words).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (any && line.Length + word.Length + 1 > Width)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(rest);
                any = false;
            }

            line.Append(any ? " " : "").Append(word);
            any = true;
        }

        text.Append(line).Append('\n');
    }

    private static string Plain(string text) => Link().Replace(text, "$1").Replace("`", "", StringComparison.Ordinal).Replace("**", "", StringComparison.Ordinal).Replace(@"\|", "|", StringComparison.Ordinal);

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();

    [GeneratedRegex("\n{3,}")]
    private static partial Regex Blank();
}
