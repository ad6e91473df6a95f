using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>Collects what is wrong with one file, so that the user sees all of it at once.</summary>
internal sealed class FindingList
{
    /// <summary>A generated file that is wrong throughout is not worth megabytes of message.</summary>
    private const int Limit = 1000;

    private readonly List<SpecFinding> findings = [];
    private readonly Dictionary<string, Lazy<SourceLines>> sources = new(StringComparer.Ordinal); // most files have no finding

    /// <param name="file">As the user gave it.</param>
    /// <param name="text">What is in it; null: findings show no line, until <see cref="Show"/>.</param>
    public FindingList(string file, string? text = null)
    {
        File = file;
        if (text is not null)
        {
            Show(text);
        }
    }

    public string File { get; }

    public bool Any => findings.Count > 0;

    /// <summary>The file's text, of which later findings show their line.</summary>
    public void Show(string text) => sources[File] = new Lazy<SourceLines>(() => new SourceLines(text));

    public void Add(SourceMark mark, string path, string message, string expected) => AddOf(File, mark, path, message, expected);

    /// <summary>The same of another file that this one leads to.</summary>
    public void AddOf(string file, SourceMark mark, string path, string message, string expected)
    {
        if (findings.Count < Limit)
        {
            findings.Add(new SpecFinding
            {
                File = file, Line = mark.Line, Column = mark.Column, Path = path, Message = message, Expected = expected,
                Excerpt = sources.GetValueOrDefault(file)?.Value.Excerpt(mark),
            });
        }
    }

    public void AddAll(FindingList others)
    {
        foreach ((string file, Lazy<SourceLines> lines) in others.sources)
        {
            sources[file] = lines;
        }

        foreach (SpecFinding finding in others.findings)
        {
            AddOf(finding.File, new SourceMark(finding.Line, finding.Column), finding.Path, finding.Message, finding.Expected);
        }
    }

    /// <exception cref="LightVMException">SpecInvalid, if there is any finding.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw ToException();
        }
    }

    public LightVMException ToException()
    {
        SpecFinding[] sorted = [.. findings
            .OrderBy(finding => finding.File != File)
            .ThenBy(finding => finding.File, StringComparer.Ordinal)
            .ThenBy(finding => finding.Line)
            .ThenBy(finding => finding.Column)
            .ThenBy(finding => finding.Message, StringComparer.Ordinal)];
        return new LightVMException(
            ErrorCodes.SpecInvalid,
            string.Join('\n', sorted.Select(finding => finding.Describe())),
            File,
            "Correct the file and try again; nothing was changed. docs/spec.md describes every key.")
        {
            Findings = sorted,
        };
    }
}
