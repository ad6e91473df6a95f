using System.Globalization;
using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Shows how many bytes of a file have been moved; nothing for those that are there at once.</summary>
internal sealed class TransferProgress(string activity, long total, Action<ProgressRecord> show) : IProgress<long>, IAsyncDisposable
{
    private const long Worthwhile = 16 << 20;
    private static int lastId = 8000;

    private readonly int id = Interlocked.Increment(ref lastId);
    private int shown = -1;

    public void Report(long value)
    {
        int percent = total == 0 ? 100 : (int)Math.Min(100 * value / total, 100);
        if (total >= Worthwhile && percent != shown)
        {
            shown = percent;
            show(new ProgressRecord(id, activity, string.Create(CultureInfo.InvariantCulture, $"{value >> 20} of {total >> 20} MB")) { PercentComplete = percent });
        }
    }

    public ValueTask DisposeAsync()
    {
        if (shown >= 0)
        {
            show(new ProgressRecord(id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }

        return ValueTask.CompletedTask;
    }
}
