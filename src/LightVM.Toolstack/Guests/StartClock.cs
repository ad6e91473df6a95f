using System.Diagnostics;

namespace LightVM.Toolstack;

/// <summary>
/// Times one start; its parts for one start in so many only, since a look at the clock may be a system call, and ten of them would be
/// a good part of what is timed.
/// </summary>
internal sealed class StartClock
{
    private const int Each = 4;
    private static int _count;
    private readonly long[]? _phases = Interlocked.Increment(ref _count) % Each == 0 ? new long[(int)StartPhase.Wake + 1] : null;
    private long _last;

    /// <param name="begin">Stopwatch ticks: when the request was decoded, or the guest's turn in a batch began.</param>
    public StartClock(long begin) => Begin = _last = begin;

    public long Begin { get; }

    /// <summary>Empty where they are not timed.</summary>
    public ReadOnlySpan<long> Phases => _phases;

    /// <summary>The phase ends now.</summary>
    public void Mark(StartPhase phase)
    {
        if (_phases is not null)
        {
            Mark(phase, Stopwatch.GetTimestamp());
        }
    }

    public void Mark(StartPhase phase, long now)
    {
        if (_phases is not null)
        {
            _phases[(int)phase] = now - _last;
            _last = now;
        }
    }
}
