using System.Management.Automation;

namespace LightVM.Shell;

/// <summary>
/// Progress: on a terminal one line that is replaced; in a log a line when an activity begins, then one at most every
/// ten seconds, so that a long wait shows life and a thousand records do not fill the log.
/// </summary>
internal sealed class ProgressLine(ShellConsole console)
{
    private static readonly TimeSpan s_terminalPace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_logPace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, DateTime> _shown = [];

    public void Show(ProgressRecord record)
    {
        lock (_lock)
        {
            if (record.RecordType == ProgressRecordType.Completed)
            {
                _shown.Remove(record.ActivityId);
                if (console.ErrorIsTerminal)
                {
                    console.WriteTransient("");
                }

                return;
            }

            var now = DateTime.UtcNow;
            var pace = console.ErrorIsTerminal ? s_terminalPace : s_logPace;
            if (_shown.TryGetValue(record.ActivityId, out var last) && now - last < pace)
            {
                return;
            }

            _shown[record.ActivityId] = now;
            var text = Text(record);
            if (console.ErrorIsTerminal)
            {
                console.WriteTransient(text);
            }
            else
            {
                console.WriteMessage(text);
            }
        }
    }

    private static string Text(ProgressRecord record)
    {
        var percent = record.PercentComplete is >= 0 and <= 100 ? $" {record.PercentComplete}%" : "";
        var operation = string.IsNullOrWhiteSpace(record.CurrentOperation) ? "" : $" ({record.CurrentOperation})";
        return $"{record.Activity}: {record.StatusDescription}{operation}{percent}";
    }
}
