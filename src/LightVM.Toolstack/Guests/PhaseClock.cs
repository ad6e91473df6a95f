using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace LightVM.Toolstack;

/// <summary>Times the parts of one act, for <see cref="PhaseTimings{TPhase}"/>. Used by one thread after the other.</summary>
/// <typeparam name="TPhase">Its parts, numbered from 0 in their order.</typeparam>
internal sealed class PhaseClock<TPhase>
    where TPhase : struct, Enum
{
    private readonly long[] _phases = new long[Enum.GetValues<TPhase>().Length];
    private long _last = Stopwatch.GetTimestamp();

    public ReadOnlySpan<long> Phases => _phases;

    /// <summary>The phase ends now.</summary>
    public void Mark(TPhase phase)
    {
        long now = Stopwatch.GetTimestamp();
        _phases[Unsafe.BitCast<TPhase, int>(phase)] = now - _last;
        _last = now;
    }
}
