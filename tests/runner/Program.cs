using System.Diagnostics;
using LightVM.Shell;

namespace LightVM.PesterRunner;

/// <summary>Entry point: finds the files, runs them one after the other, reports.</summary>
public static class Program
{
    private const int NoTestRan = 2;

    /// <returns>0; 1 after any failure; 2 when no test ran or the command line is wrong; 3 when stopped.</returns>
    public static int Main(string[] args)
    {
        RunnerOptions options;
        try
        {
            options = RunnerOptions.Parse(args);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine("LightVM.PesterRunner: " + e.Message);
            Console.Error.WriteLine(RunnerOptions.Usage);
            return NoTestRan;
        }

        using var stop = new StopSignals();
        var console = new ShellConsole();
        var report = new Report(console);
        var clock = Stopwatch.StartNew();
        foreach (var file in options.Files)
        {
            if (stop.Token.IsCancellationRequested)
            {
                break;
            }

            var began = clock.Elapsed;
            if (began > options.RunLimit)
            {
                report.Add(new Result(file, ["not begun"], Outcome.Failed, TimeSpan.Zero,
                    [$"The run's {options.RunLimit.TotalSeconds:0} s were over. --within SECONDS sets them."]));
                continue;
            }

            new FileRunner(file, options.Within(options.RunLimit - began), report, console, stop).Run();
            report.EndFile(file, clock.Elapsed - began);
        }

        if (options.Output is not null)
        {
            JUnit.Write(options.Output, report.Results);
        }

        report.Finish();
        if (stop.Token.IsCancellationRequested)
        {
            return ExitCodes.Stopped;
        }

        return report.Failed > 0 ? ExitCodes.Failed : report.Results.Count == 0 ? NoTestRan : ExitCodes.Success;
    }
}
