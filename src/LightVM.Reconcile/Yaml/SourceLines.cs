using System.Globalization;
using System.Text;

namespace LightVM.Reconcile.Yaml;

/// <summary>The lines of a file's text, as <see cref="SpecText.MarkAt"/> counts them, each to be shown with a mark beneath. Immutable.</summary>
internal sealed class SourceLines
{
    /// <summary>Characters of a line that are shown at most, and of those before the mark where it is cut.</summary>
    private const int Width = 100;
    private const int Before = 60;

    private readonly string text;
    private readonly List<int> starts = [0];

    public SourceLines(string text)
    {
        this.text = text;
        for (int i = 0; i < text.Length; i++)
        {
            if (SpecText.EndsLine(text, i))
            {
                starts.Add(i + 1);
            }
        }
    }

    /// <summary>Two lines: the one that is meant behind its number, and a ^ under the place. Null where there is nothing to see.</summary>
    public string? Excerpt(SourceMark mark)
    {
        if (mark.Line < 1 || mark.Line > starts.Count)
        {
            return null;
        }

        ReadOnlySpan<char> line = text.AsSpan(starts[mark.Line - 1]);
        int end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        if (line.IsWhiteSpace())
        {
            return null;
        }

        int at = Math.Clamp(mark.Column - 1, 0, line.Length);
        int from = at < Width ? 0 : at - Before;
        int to = Math.Min(line.Length, from + Width);
        string left = from > 0 ? "…" : "";
        string right = to < line.Length ? "…" : "";
        string blanks = new(' ', left.Length + at - from);
        return string.Create(CultureInfo.InvariantCulture, $"{mark.Line,5} | {left}{Printable(line[from..to])}{right}\n      | {blanks}^");
    }

    /// <summary>One character for each: what a terminal would obey, or which has no form by itself, is a question mark.</summary>
    private static string Printable(ReadOnlySpan<char> line)
    {
        var shown = new StringBuilder(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            bool paired = (char.IsHighSurrogate(c) && i + 1 < line.Length && char.IsLowSurrogate(line[i + 1]))
                || (char.IsLowSurrogate(c) && i > 0 && char.IsHighSurrogate(line[i - 1]));
            shown.Append(c == '\t' ? ' '
                : char.IsControl(c) || (char.IsSurrogate(c) && !paired) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? '?'
                : c);
        }

        return shown.ToString();
    }
}
