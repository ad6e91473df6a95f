using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace LightVM.Reconcile.Yaml;

/// <summary>
/// Turns the text of a spec into a tree of nodes with positions. One document; no aliases (so no bomb), no tags; bounded
/// depth and size; each key once.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 32;
    private const int MaxNodes = 200_000;

    private readonly FindingList findings;
    private readonly Parser parser;
    private readonly List<(int First, int Last)> longScalars = [];
    private int nodes;

    private YamlReader(string text, FindingList findings)
    {
        this.findings = findings;
        parser = new Parser(new StringReader(text));
    }

    /// <summary>The root node; null for a document without any, which is a finding. Other findings do not stop it.</summary>
    /// <exception cref="LightVMException">SpecInvalid: the text is not YAML, so that nothing more can be said of it.</exception>
    public static YamlNode? Read(string text, FindingList findings)
    {
        var tabs = new TabScan(text);
        string tried = text;
        while (true)
        {
            var found = new FindingList(findings.File);
            var reader = new YamlReader(tried, found);
            try
            {
                YamlNode? root = reader.ReadStream();
                tabs.Report(found, reader.longScalars);
                findings.AddAll(found);
                return root;
            }
            catch (YamlException e) when (IsTabError(e) && ReferenceEquals(tried, text) && tabs.WithoutMeaninglessTabs() is { } cleared)
            {
                tried = cleared;
            }
            catch (YamlException e)
            {
                reader.ReportSyntax(e, tabs);
                findings.AddAll(found);
                throw findings.ToException();
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
            {
                // The parser falls over such as a flow collection that goes on at the left margin, and does not say where.
                reader.ReportFall(text, tabs);
                findings.AddAll(found);
                throw findings.ToException();
            }
        }
    }

    private YamlNode? ReadStream()
    {
        Next<StreamStart>();
        if (Advance() is StreamEnd end)
        {
            findings.Add(new SourceMark(1, 1), "", "the file is empty", "a document that begins with apiVersion: lightvm/v1");
            return null;
        }

        if (parser.Current is DocumentStart { Version: { } version } start && (version.Version.Major, version.Version.Minor) != (1, 2))
        {
            findings.Add(MarkOf(start), "", $"YAML {version.Version.Major}.{version.Version.Minor}", "YAML 1.2, or no %YAML line");
        }

        Advance();
        YamlNode root = ReadNode("", 0);
        Next<DocumentEnd>();
        if (Advance() is DocumentStart second)
        {
            findings.Add(MarkOf(second), "", "a second document", "one document in a file");
            throw findings.ToException();
        }

        return root;
    }

    /// <summary>Reads the node that begins with the present event, and leaves the event after it present.</summary>
    private YamlNode ReadNode(string path, int depth)
    {
        ParsingEvent current = parser.Current!;
        SourceMark mark = MarkOf(current);
        if (depth > MaxDepth)
        {
            findings.Add(mark, path, $"nested deeper than {MaxDepth} levels", "the shape that docs/spec.md describes");
            throw findings.ToException();
        }

        if (++nodes > MaxNodes)
        {
            findings.Add(mark, path, $"more than {MaxNodes:N0} values", "a smaller spec");
            throw findings.ToException();
        }

        if (current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
        {
            findings.Add(mark, path, $"the tag '{YamlScalar.Show(tag.Value.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal))}'", "a value without a tag");
        }

        switch (current)
        {
            case Scalar scalar:
                if (scalar.End.Line > scalar.Start.Line)
                {
                    // A block scalar is said to end where the next token begins.
                    longScalars.Add(((int)scalar.Start.Line, (int)scalar.End.Line - (scalar.End.Column == 1 ? 1 : 0)));
                }

                Advance();
                return new YamlScalar(mark, scalar.Value, plain: scalar.Style == ScalarStyle.Plain && scalar.IsPlainImplicit);

            case SequenceStart:
                return ReadSequence(mark, path, depth);

            case MappingStart:
                return ReadMapping(mark, path, depth);

            case AnchorAlias alias:
                findings.Add(mark, path, $"the alias '*{YamlScalar.Show(alias.Value.Value)}'", "the value itself: specs have no aliases");
                Advance();
                return new YamlUnusable(mark);

            default:
                throw new YamlException(current.Start, current.End, $"found an unexpected {current.GetType().Name}");
        }
    }

    private YamlSequence ReadSequence(SourceMark mark, string path, int depth)
    {
        var items = new List<YamlNode>();
        Advance();
        while (parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode($"{path}[{items.Count}]", depth + 1));
        }

        Advance();
        return new YamlSequence(mark, items);
    }

    private YamlMapping ReadMapping(SourceMark mark, string path, int depth)
    {
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, SourceMark>(StringComparer.Ordinal);
        Advance();
        while (parser.Current is not MappingEnd)
        {
            SourceMark keyMark = MarkOf(parser.Current!);
            YamlNode key = ReadNode(path, depth + 1);
            string name = key is YamlScalar scalar ? scalar.Text : "";
            string valuePath = path.Length == 0 ? name : $"{path}.{name}";
            YamlNode value = ReadNode(valuePath, depth + 1);
            if (key is YamlUnusable)
            {
                continue;
            }

            if (key is not YamlScalar)
            {
                findings.Add(keyMark, path, $"{key.Describe()} as a key", "a name");
            }
            else if (!seen.TryAdd(name, keyMark))
            {
                findings.Add(
                    keyMark, valuePath, $"duplicate key '{YamlScalar.Show(name)}', which line {seen[name].Line} has already", "each key once");
            }
            else
            {
                entries.Add(new YamlEntry(name, keyMark, value));
            }
        }

        Advance();
        return new YamlMapping(mark, entries);
    }

    private ParsingEvent Advance()
    {
        if (!parser.MoveNext())
        {
            Mark at = parser.Current?.End ?? Mark.Empty;
            throw new YamlException(at, at, "found the end of the text too early");
        }

        return parser.Current!;
    }

    private void Next<TEvent>()
        where TEvent : ParsingEvent
    {
        // The reader stands on the event for DocumentEnd, before it for StreamStart.
        if (parser.Current is not TEvent && Advance() is not TEvent)
        {
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"found an unexpected {parser.Current.GetType().Name}");
        }
    }

    private static bool IsTabError(YamlException e) =>
        e.Message.Contains("tab", StringComparison.Ordinal) && e.Message.Contains("indentation", StringComparison.Ordinal);

    private void ReportSyntax(YamlException e, TabScan tabs)
    {
        int first = Math.Max(1, (int)e.Start.Line);
        int last = Math.Max(first, (int)e.End.Line);
        if (!tabs.Explains(findings, first, last, IsTabError(e)))
        {
            (string message, string expected) = SyntaxMessage.Of(e.Message);
            findings.Add(new SourceMark(first, Math.Max(1, (int)e.Start.Column)), "", message, expected);
        }

        tabs.Report(findings, longScalars, before: first);
    }

    private void ReportFall(string text, TabScan tabs)
    {
        Mark last = parser.Current?.Start ?? Mark.Empty;
        int from = Math.Clamp((int)last.Index, 0, text.Length);
        int bracket = text.AsSpan(from).IndexOfAny('[', '{');
        SourceMark mark = SpecText.MarkAt(text, from + Math.Max(0, bracket));
        if (!tabs.Explains(findings, mark.Line, mark.Line, tabError: true))
        {
            findings.Add(
                mark, "", bracket >= 0 ? $"a '{text[from + bracket]}' that is not closed, or that goes on in a line without indentation" : "not YAML after this",
                bracket >= 0 ? "the closing bracket, and indented lines before it" : "YAML 1.2");
        }

        tabs.Report(findings, longScalars, before: mark.Line);
    }

    private static SourceMark MarkOf(ParsingEvent parsed) =>
        new(Math.Max(1, (int)parsed.Start.Line), Math.Max(1, (int)parsed.Start.Column));
}
