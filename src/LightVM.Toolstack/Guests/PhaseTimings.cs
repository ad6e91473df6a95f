using System.Diagnostics;
using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>Where the time of an act goes: medians over so many of them, for the debug log. The bench reads these lines.</summary>
/// <typeparam name="TPhase">Its parts, numbered from 0 in their order.</typeparam>
/// <param name="acts">What they are parts of, in the plural: <c>starts</c>.</param>
/// <param name="every">So many make a line.</param>
internal sealed class PhaseTimings<TPhase>(string acts, Action<LogSeverity, string> log, int every = 50)
    where TPhase : struct, Enum
{
    private readonly Lock _sync = new();
    private readonly TPhase[] _phases = Enum.GetValues<TPhase>();
    private readonly long[][] _ticks = [.. Enum.GetValues<TPhase>().Select(_ => new long[every])];
    private int _count;

    /// <summary>One more of them; <paramref name="ticksOfPhases"/> are Stopwatch ticks; none: it does not count. Safe from any thread.</summary>
    public void Add(ReadOnlySpan<long> ticksOfPhases)
    {
        if (ticksOfPhases.IsEmpty)
        {
            return;
        }

        lock (_sync)
        {
            for (int i = 0; i < _ticks.Length; i++)
            {
                _ticks[i][_count] = ticksOfPhases[i];
            }

            if (++_count == every)
            {
                Tell();
                _count = 0;
            }
        }
    }

    private void Tell()
    {
        string phases = string.Join(", ", _phases.Select((phase, i) =>
        {
            Array.Sort(_ticks[i]);
            return string.Create(CultureInfo.InvariantCulture, $"{phase} {_ticks[i][every / 2] * 1e6 / Stopwatch.Frequency:0}");
        }));
        log(LogSeverity.Debug, $"Medians of the last {every} {acts}, in us: {phases}.");
    }
}
