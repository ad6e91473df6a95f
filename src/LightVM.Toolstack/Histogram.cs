namespace LightVM.Toolstack;

/// <summary>Durations by how long they were, in seconds; for monitoring, which asks for the shares below a few bounds. Safe from any thread.</summary>
public sealed class Histogram
{
    private static readonly double[] StandardBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private readonly long[] _counts = new long[StandardBounds.Length + 1];
    private long _ticks;

    /// <summary>Seconds, ascending; what is longer than the last counts beyond it.</summary>
    public static IReadOnlyList<double> Bounds => StandardBounds;

    public void Add(TimeSpan duration)
    {
        int at = Array.BinarySearch(StandardBounds, duration.TotalSeconds);
        Interlocked.Increment(ref _counts[at < 0 ? ~at : at]);
        Interlocked.Add(ref _ticks, duration.Ticks);
    }

    /// <summary>How many were at most as long as each bound, in that order; how many there were; and all of them together.</summary>
    public (IReadOnlyList<long> AtMost, long Count, TimeSpan Sum) Read()
    {
        long count = 0;
        long[] atMost = new long[StandardBounds.Length];
        for (int i = 0; i < _counts.Length; i++)
        {
            count += Interlocked.Read(ref _counts[i]);
            if (i < atMost.Length)
            {
                atMost[i] = count;
            }
        }

        return (atMost, count, TimeSpan.FromTicks(Interlocked.Read(ref _ticks)));
    }
}
