using System.Diagnostics;
using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>Where the time of a start goes: medians over so many of them, for the debug log.</summary>
internal sealed class StartTimings(Action<LogSeverity, string> log)
{
    private const int Every = 50;
    private readonly Lock _sync = new();
    private readonly long[][] _ticks = [.. Enum.GetValues<StartPhase>().Select(_ => new long[Every])];
    private int _count;

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
        string phases = string.Join(", ", Enum.GetValues<StartPhase>().Select(phase =>
        {
            long[] ticks = _ticks[(int)phase];
            Array.Sort(ticks);
            return string.Create(CultureInfo.InvariantCulture, $"{phase} {ticks[Every / 2] * 1e6 / Stopwatch.Frequency:0}");
        }));
        log(LogSeverity.Debug, $"Medians of the last {Every} starts, in us: {phases}.");
    }
}
