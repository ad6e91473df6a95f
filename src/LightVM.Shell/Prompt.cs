using System.Management.Automation.Language;

namespace LightVM.Shell;

/// <summary>
/// A simple interactive prompt, for builds on the whole of PowerShell. Builds on its engine alone lack too many
/// everyday commands to be worth sitting in.
/// </summary>
public sealed class Prompt(ShellSession session, ShellConsole console)
{
#if POWERSHELL_SDK
    public const bool Available = true;
#else
    public const bool Available = false;
#endif

    /// <summary>Reads and runs lines until the input ends or a line says <c>exit</c>. Returns the exit code.</summary>
    public int Run()
    {
        var code = ExitCodes.Success;
        while (!session.ExitRequested && code != ExitCodes.Stopped && Read() is { } text)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                code = session.RunText(text);
            }
        }

        return code;
    }

    /// <summary>One complete statement, over as many lines as it takes; null at the end of the input.</summary>
    private string? Read()
    {
        var text = "";
        while (true)
        {
            console.WriteMessage(text.Length == 0 ? "lightvm> " : ">> ", newLine: false);
            var line = Console.In.ReadLine();
            if (line is null)
            {
                return text.Length == 0 ? null : text;
            }

            text += text.Length == 0 ? line : "\n" + line;
            Parser.ParseInput(text, out _, out var errors);
            if (!errors.Any(error => error.IncompleteInput) || line.Length == 0)
            {
                return text;
            }
        }
    }
}
