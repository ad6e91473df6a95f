using System.Globalization;
using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>One progress record for one batch on one host; shown only when there is something to see, and always completed.</summary>
internal sealed class BatchProgress(string activity, int id, int parentId = -1)
{
    private int shown = -1;

    /// <summary>The record to write, or null where nothing has moved.</summary>
    public ProgressRecord? Next(int done, int total)
    {
        if (total < 2 || done == shown)
        {
            return null;
        }

        shown = done;
        return new ProgressRecord(id, activity, string.Create(CultureInfo.InvariantCulture, $"{done} of {total}"))
        {
            ParentActivityId = parentId,
            PercentComplete = (int)(100L * done / total),
        };
    }

    /// <summary>The same for a batch of one, which tells of its bytes.</summary>
    public ProgressRecord? NextBytes(long done, long total)
    {
        int percent = total == 0 ? -1 : (int)Math.Min(100 * done / total, 100);
        if (percent < 0 || percent == shown)
        {
            return null;
        }

        shown = percent;
        return new ProgressRecord(id, activity, string.Create(CultureInfo.InvariantCulture, $"{done >> 20} of {total >> 20} MB"))
        {
            ParentActivityId = parentId,
            PercentComplete = percent,
        };
    }

    /// <summary>The record that takes it away, or null if it was never shown.</summary>
    public ProgressRecord? Completed() => shown < 0
        ? null
        : new ProgressRecord(id, activity, "done") { ParentActivityId = parentId, RecordType = ProgressRecordType.Completed };
}
