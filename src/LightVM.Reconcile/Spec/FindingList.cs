namespace LightVM.Reconcile;

/// <summary>Collects what is wrong with one file, so that the user sees all of it at once.</summary>
internal sealed class FindingList
{
    /// <summary>A generated file that is wrong throughout is not worth megabytes of message.</summary>
    private const int Limit = 1000;

    private readonly List<SpecFinding> findings = [];

    /// <param name="file">As the user gave it.</param>
    public FindingList(string file) => File = file;

    public string File { get; }

    public bool Any => findings.Count > 0;

    public void Add(SourceMark mark, string path, string message, string expected) => AddOf(File, mark, path, message, expected);

    /// <summary>The same of another file that this one leads to.</summary>
    public void AddOf(string file, SourceMark mark, string path, string message, string expected)
    {
        if (findings.Count < Limit)
        {
            findings.Add(new SpecFinding
            {
                File = file, Line = mark.Line, Column = mark.Column, Path = path, Message = message, Expected = expected,
            });
        }
    }

    public void AddAll(FindingList others)
    {
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
            string.Join('\n', sorted.Select(finding => finding.ToString())),
            File,
            "Correct the file and try again; nothing was changed. docs/spec.md describes every key.")
        {
            Findings = sorted,
        };
    }
}
