using System.Diagnostics;
using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>Where the time of an act goes: medians over so many of them, for the debug log. The bench reads these lines.</summary>
/// <typeparam name="TPhase">Its parts, numbered from 0 in their order.</typeparam>
/// <param name="acts">What they are parts of, in the plural: <c>starts</c>.</param>
internal sealed class PhaseTimings<TPhase>(string acts, Action<LogSeverity, string> log)
    where TPhase : struct, Enum
{
    private const int Every = 50;
    private readonly Lock _sync = new();
    private readonly TPhase[] _phases = Enum.GetValues<TPhase>();
    private readonly long[][] _ticks = [.. Enum.GetValues<TPhase>().Select(_ => new long[Every])];
    private int _count;

    /// <summary>One more of them; <paramref name="ticksOfPhases"/> are Stopwatch ticks. Safe from any thread.</summary>
    public void Add(ReadOnlySpan<long> ticksOfPhases)
    {
        lock (_sync)
        {
            for (int i = 0; i < _ticks.Length; i++)
            {
                _ticks[i][_count] = ticksOfPhases[i];
            }

            if (++_count == Every)
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
            return string.Create(CultureInfo.InvariantCulture, $"{phase} {_ticks[i][Every / 2] * 1e6 / Stopwatch.Frequency:0}");
        }));
        log(LogSeverity.Debug, $"Medians of the last {Every} {acts}, in us: {phases}.");
    }
}
