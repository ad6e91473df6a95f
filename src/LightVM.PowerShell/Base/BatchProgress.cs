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

    /// <summary>The record that takes it away, or null if it was never shown.</summary>
    public ProgressRecord? Completed() => shown < 0
        ? null
        : new ProgressRecord(id, activity, "done") { ParentActivityId = parentId, RecordType = ProgressRecordType.Completed };
}
