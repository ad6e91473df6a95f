namespace LightVM.Reconcile.Yaml;

/// <summary>
/// Finds tabs in indentation. The parser blames such a tab on the line before it, or accepts it, so they are looked for here
/// and reported where they are.
/// </summary>
internal sealed class TabScan
{
    private readonly List<SourceMark> inIndentation = [];
    private readonly List<SourceMark> afterDash = [];
    private readonly bool hasBlockScalars;
    private readonly List<(int Line, int Width)> meaningless = [];
    private readonly string text;

    public TabScan(string text)
    {
        this.text = text;
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = raw.TrimEnd(" \t");
            int blanks = line.Length == 0 ? raw.Length : line.Length - line.TrimStart(" \t").Length;
            if ((line.Length == 0 || line[blanks] == '#') && raw[..blanks].Contains('\t'))
            {
                meaningless.Add((number, blanks));
            }

            if (line.Length == 0 || line[blanks] == '#')
            {
                continue;
            }

            int i = 0;
            bool dash = false;
            while (i < line.Length && (line[i] == ' ' || (line[i] == '-' && i + 1 < line.Length && line[i + 1] is ' ' or '\t')))
            {
                dash |= line[i] == '-';
                i++;
            }

            if (i < line.Length && line[i] == '\t')
            {
                (dash ? afterDash : inIndentation).Add(new SourceMark(number, i + 1));
            }

            hasBlockScalars |= line[^1] is '|' or '>' || line.EndsWith("|-") || line.EndsWith(">-") || line.EndsWith("|+") || line.EndsWith(">+");
        }
    }

    /// <summary>
    /// The text with spaces for the tabs before comments and in blank lines, or null if it has none. YAML allows those, and
    /// editors leave them; the parser does not take them all. In a block scalar they are content, so this is for a second try.
    /// </summary>
    public string? WithoutMeaninglessTabs()
    {
        if (meaningless.Count == 0)
        {
            return null;
        }

        char[] result = text.ToCharArray();
        int number = 1;
        int next = 0;
        int column = 0;
        for (int i = 0; i < result.Length && next < meaningless.Count; i++)
        {
            if (number == meaningless[next].Line && column < meaningless[next].Width && result[i] == '\t')
            {
                result[i] = ' ';
            }

            column++;
            if (result[i] == '\n' || (result[i] == '\r' && !(i + 1 < result.Length && result[i + 1] == '\n')))
            {
                next += number == meaningless[next].Line ? 1 : 0;
                number++;
                column = 0;
            }
        }

        return new string(result);
    }

    /// <summary>Adds a finding for each tab that is not within a scalar: the text parsed, but the next parser may not take it.</summary>
    /// <param name="findings">Added to.</param>
    /// <param name="scalars">First and last line of each scalar of several lines, in the order of the file.</param>
    /// <param name="before">Only tabs before this line.</param>
    public void Report(FindingList findings, IReadOnlyList<(int First, int Last)> scalars, int before = int.MaxValue)
    {
        int next = 0;
        foreach (SourceMark tab in inIndentation)
        {
            while (next < scalars.Count && scalars[next].Last < tab.Line)
            {
                next++;
            }

            bool isContent = next < scalars.Count && tab.Line > scalars[next].First;
            if (tab.Line < before && !isContent)
            {
                Add(findings, tab);
            }
        }
    }

    /// <summary>Whether a tab is the cause of a syntax error between two lines; if so, it is reported instead of the error.</summary>
    public bool Explains(FindingList findings, int first, int last, bool tabError)
    {
        // The parser stops before or after the tab, hence one line of play on both sides.
        bool Near(SourceMark tab) => tab.Line >= first && (tab.Line <= last + 1 || tabError);
        int found = inIndentation.FindIndex(Near);
        if (found >= 0)
        {
            // A file indented with tabs has them everywhere: say so at once. In block scalars they might be content.
            IEnumerable<SourceMark> tabs = inIndentation.Skip(found);
            foreach (SourceMark tab in hasBlockScalars ? tabs.Take(1) : tabs)
            {
                Add(findings, tab);
            }

            return true;
        }

        found = afterDash.FindIndex(Near);
        if (found < 0)
        {
            return false;
        }

        Add(findings, afterDash[found]);
        return true;
    }

    private static void Add(FindingList findings, SourceMark tab) =>
        findings.Add(tab, "", "a tab in the indentation", "spaces");
}
