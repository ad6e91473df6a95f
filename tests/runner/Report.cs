using System.Globalization;
using LightVM.Shell;

namespace LightVM.PesterRunner;

/// <summary>Prints a line per test as it ends, and sums up.</summary>
internal sealed class Report(ShellConsole console)
{
    private string? _file;

    public List<Result> Results { get; } = [];

    public int Failed => Count(Outcome.Failed);

    public void Add(Result result)
    {
        if (result.File != _file)
        {
            _file = result.File;
            var relative = Path.GetRelativePath(Environment.CurrentDirectory, result.File);
            console.WriteData(relative.StartsWith("..", StringComparison.Ordinal) ? result.File : relative);
        }

        Results.Add(result);
        var (mark, color) = result.Outcome switch
        {
            Outcome.Passed => ("[+]", "\e[32m"),
            Outcome.Failed => ("[-]", "\e[31m"),
            Outcome.Skipped => ("[!]", "\e[33m"),
            _ => ("[?]", "\e[33m"),
        };
        var line = $"  {mark} {string.Join(" > ", result.Path)} {result.Duration.TotalMilliseconds:0} ms";
        console.WriteData(console.ColorOnOut ? color + line + "\e[0m" : line);
        WriteMessages(result);
    }

    /// <summary>One line for a file that has run, where it had tests to run: what a log of the suite is read by.</summary>
    public void EndFile(string file, TimeSpan duration)
    {
        var results = Results.Where(result => result.File == file).ToArray();
        if (results.Length > 0)
        {
            var failed = results.Count(result => result.Outcome == Outcome.Failed);
            console.WriteData(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Path.GetFileName(file)}: {results.Length - failed} of {results.Length} in {duration.TotalSeconds:0} s"));
        }
    }

    /// <summary>The closing lines; the last one is the plain count that CI reads.</summary>
    public void Finish()
    {
        if (Failed > 0)
        {
            console.WriteData("Failed:");
            foreach (var result in Results.Where(result => result.Outcome == Outcome.Failed))
            {
                console.WriteData($"  {Path.GetFileName(result.File)}: {string.Join(" > ", result.Path)}");
                WriteMessages(result); // once more: of a long log, CI keeps the end
            }
        }

        var skipped = Count(Outcome.Skipped) + Count(Outcome.Inconclusive);
        console.WriteData(
            $"{Count(Outcome.Passed)} passed, {Failed} failed" + (skipped > 0 ? $", {skipped} skipped" : ""));
    }

    private void WriteMessages(Result result)
    {
        foreach (var text in result.Messages.SelectMany(message => message.Split('\n')))
        {
            console.WriteData("        " + text);
        }
    }

    private int Count(Outcome outcome) => Results.Count(result => result.Outcome == outcome);
}
