using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace LightVM.Shell;

/// <summary>
/// Where PowerShell's host calls end. What the formatter writes for the pipeline's data (see
/// <see cref="OutDataCommand"/>) goes to standard output, everything else to standard error.
/// </summary>
public sealed class ShellUserInterface(ShellConsole console, bool canPrompt) : PSHostUserInterface
{
    /// <summary>Above zero while this thread formats data. Other runspaces write messages at the same time.</summary>
    [ThreadStatic]
    private static int s_dataDepth;

    [ThreadStatic]
    private static bool s_asIs;

    private readonly ProgressLine _progress = new(console);
    private readonly bool _canPrompt = canPrompt && console.InputIsTerminal && console.ErrorIsTerminal;

    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUserInterface(console);

    public override bool SupportsVirtualTerminal => console.ColorOnOut;

    /// <summary>
    /// Until it is disposed, what this thread writes is data; with <paramref name="asIs"/> not a byte of it is changed,
    /// else styles are taken out where no terminal shows them.
    /// </summary>
    public static DataScope BeginData(bool asIs = false) => new(asIs);

    public override void Write(string value) => Put(value, newLine: false);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Put(value, newLine: false);

    public override void WriteLine() => Put("", newLine: true);

    public override void WriteLine(string value) => Put(value, newLine: true);

    public override void WriteErrorLine(string value) => console.WriteError(value);

    public override void WriteWarningLine(string message) => console.WriteMessage("WARNING: " + message, Ansi.Yellow);

    public override void WriteVerboseLine(string message) => console.WriteMessage("VERBOSE: " + message, Ansi.Faint);

    public override void WriteDebugLine(string message) => console.WriteMessage("DEBUG: " + message, Ansi.Faint);

    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(record);

    public override string ReadLine()
    {
        RequirePrompt("read a line");
        return Console.In.ReadLine() ?? "";
    }

    public override SecureString ReadLineAsSecureString() => throw CannotPrompt("read a secret");

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        RequirePrompt("ask for " + string.Join(", ", descriptions.Select(field => field.Name)));
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in descriptions)
        {
            console.WriteMessage(field.Name + ": ", newLine: false);
            answers[field.Name] = PSObject.AsPSObject(Console.In.ReadLine() ?? "");
        }

        return answers;
    }

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        ArgumentNullException.ThrowIfNull(choices);
        RequirePrompt($"ask '{Flat(message)}'");
        console.WriteMessage(caption);
        console.WriteMessage(message);
        while (true)
        {
            var labels = choices.Select((choice, index) =>
                $"[{Key(choice, index)}] {choice.Label.Replace("&", "", StringComparison.Ordinal)}");
            var suffix = defaultChoice >= 0 ? $" (default is {Key(choices[defaultChoice], defaultChoice)}): " : ": ";
            console.WriteMessage(string.Join("  ", labels) + suffix, newLine: false);
            var answer = (Console.In.ReadLine() ?? throw CannotPrompt($"ask '{Flat(message)}'")).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            for (var i = 0; i < choices.Count; i++)
            {
                var label = choices[i].Label.Replace("&", "", StringComparison.Ordinal);
                if (answer.Equals(Key(choices[i], i), StringComparison.OrdinalIgnoreCase)
                    || answer.Equals(label, StringComparison.OrdinalIgnoreCase))
                {
                    return i;
                }
            }
        }
    }

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName) =>
        throw CannotPrompt("ask for a credential");

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) =>
        throw CannotPrompt("ask for a credential");

    private static string Key(ChoiceDescription choice, int index)
    {
        var at = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return at >= 0 && at + 1 < choice.Label.Length
            ? choice.Label[at + 1].ToString().ToUpperInvariant()
            : (index + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Flat(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries));

    private static HostException CannotPrompt(string what) => new(
        $"lightvm cannot {what}: there is nobody to ask. "
        + "Give every mandatory parameter, and -Confirm:$false to go ahead without a question.");

    private void RequirePrompt(string what)
    {
        if (!_canPrompt)
        {
            throw CannotPrompt(what);
        }
    }

    private void Put(string value, bool newLine)
    {
        if (s_dataDepth > 0)
        {
            console.WriteData(s_asIs || console.ColorOnOut ? value : Plain(value), newLine);
        }
        else
        {
            console.WriteMessage(console.ColorOnError ? value : Plain(value), newLine: newLine);
        }
    }

    private static string Plain(string text) =>
        text.Contains('\e', StringComparison.Ordinal)
            ? new System.Management.Automation.Internal.StringDecorated(text).ToString(OutputRendering.PlainText)
            : text;

    /// <summary>Marks this thread's host output as data.</summary>
    public sealed class DataScope : IDisposable
    {
        private readonly bool _outerAsIs = s_asIs;

        internal DataScope(bool asIs)
        {
            s_dataDepth++;
            s_asIs = asIs;
        }

        public void Dispose()
        {
            s_dataDepth--;
            s_asIs = _outerAsIs;
        }
    }
}
