using System.Diagnostics;

namespace LightVM.Client;

/// <summary>Growing pauses between attempts to reach a host again, within a limit.</summary>
internal sealed class Reconnect(TimeSpan limit)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly long start = Stopwatch.GetTimestamp();
    private TimeSpan next = TimeSpan.Zero;

    /// <returns>False when the limit is reached.</returns>
    public async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        // The first attempt is at once: most breaks are of an old connection to a host that is there.
        await Task.Delay(next, cancellationToken).ConfigureAwait(false);
        next = next == TimeSpan.Zero ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromTicks(Math.Min(next.Ticks * 2, LongestPause.Ticks));
        return Stopwatch.GetElapsedTime(start) < limit;
    }
}
