using System.Management.Automation.Language;
using System.Runtime.InteropServices;

namespace LightVM.Shell;

/// <summary>
/// A simple interactive prompt, for builds on the whole of PowerShell. Builds on its engine alone lack too many
/// everyday commands to be worth sitting in.
/// </summary>
public sealed class Prompt(ShellSession session, ShellConsole console, TextReader input)
{
#if POWERSHELL_SDK
    public const bool Available = true;
#else
    public const bool Available = false;
#endif

    /// <summary>
    /// Reads and runs lines until the input ends or a line says <c>exit</c>; Ctrl-C stops what runs, not the prompt.
    /// </summary>
    /// <returns>The exit code of the last line.</returns>
    public int Run()
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            session.StopRunning();
        });
        var code = ExitCodes.Success;
        while (!session.ExitRequested && Read() is { } text)
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
            var line = input.ReadLine();
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
