using System.Diagnostics;
using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>Where the time of a creation goes: averages over so many of them, for the debug log.</summary>
internal sealed class StartTimings(Action<LogSeverity, string> log)
{
    private const int Every = 50;
    private readonly Lock _sync = new();
    private readonly long[] _sums = new long[Enum.GetValues<StartPhase>().Length];
    private int _count;

    public void Add(ReadOnlySpan<long> ticksOfPhases)
    {
        lock (_sync)
        {
            for (int i = 0; i < _sums.Length; i++)
            {
                _sums[i] += ticksOfPhases[i];
            }

            if (++_count < Every)
            {
                return;
            }

            string phases = string.Join(", ", Enum.GetValues<StartPhase>().Select(phase =>
                string.Create(CultureInfo.InvariantCulture, $"{phase} {_sums[(int)phase] * 1e6 / Stopwatch.Frequency / _count:0} us")));
            log(LogSeverity.Debug, $"Mean of {_count} starts: {phases}.");
            Array.Clear(_sums);
            _count = 0;
        }
    }
}
