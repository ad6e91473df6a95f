using System.Diagnostics;

namespace LightVM.Toolstack;

/// <summary>Times one start.</summary>
internal sealed class StartClock
{
    private readonly long[] _phases = new long[(int)StartPhase.Wake + 1];
    private long _last;

    /// <param name="begin">Stopwatch ticks: when the request was decoded, or the guest's turn in a batch began.</param>
    public StartClock(long begin) => Begin = _last = begin;

    public long Begin { get; }

    public ReadOnlySpan<long> Phases => _phases;

    /// <summary>The phase ends now.</summary>
    public void Mark(StartPhase phase) => Mark(phase, Stopwatch.GetTimestamp());

    public void Mark(StartPhase phase, long now)
    {
        _phases[(int)phase] = now - _last;
        _last = now;
    }
}
