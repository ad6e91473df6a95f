using System.Text.RegularExpressions;

namespace LightVM.PowerShell;

/// <summary>One message of the compiler or the linker, which knows no line (0).</summary>
internal sealed partial record CompilerMessage(string File, int Line, string Kind, string Text)
{
    public bool IsError => Kind.EndsWith("error", StringComparison.Ordinal);

    public bool IsWarning => Kind == "warning";

    /// <summary><c>app.c:12</c>.</summary>
    public string Where => Line == 0 ? File : $"{File}:{Line}";

    /// <summary>What gcc and ld write to standard error; lines that show source or context are left out.</summary>
    public static IReadOnlyList<CompilerMessage> Parse(string output)
    {
        var messages = new List<CompilerMessage>();
        foreach (string line in output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (CompilerLine().Match(line) is { Success: true } compiler)
            {
                _ = int.TryParse(compiler.Groups["line"].ValueSpan, out int number);
                messages.Add(new(compiler.Groups["file"].Value, number, compiler.Groups["kind"].Value, compiler.Groups["text"].Value));
            }
            else if (LinkerLine().Match(line) is { Success: true } linker)
            {
                messages.Add(new(linker.Groups["file"].Value, 0, "error", linker.Groups["text"].Value));
            }
        }

        return messages;
    }

    [GeneratedRegex(@"^(?<file>[^:]+):(?<line>\d+):(?:\d+:)? (?<kind>fatal error|error|warning): (?<text>.*)$")]
    private static partial Regex CompilerLine();

    // ld names the object and the section: app.c:(.text.main+0x5): undefined reference to `foo'
    [GeneratedRegex(@"^(?:\S*ld: )?(?:\S+: )?(?<file>[^:( ]+):\(\.[^)]*\): (?<text>.*)$")]
    private static partial Regex LinkerLine();
}
