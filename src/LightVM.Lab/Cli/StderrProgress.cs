using System.Diagnostics;
using System.Globalization;

namespace LightVM.Lab.Cli;

/// <summary>Writes progress to stderr at once and in order, with the seconds since the start.</summary>
internal sealed class StderrProgress : IProgress<string>
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public void Report(string value) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lab {_clock.Elapsed.TotalSeconds,6:0.0}  {value}"));
}
