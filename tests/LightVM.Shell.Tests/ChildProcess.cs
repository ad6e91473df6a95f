using System.Diagnostics;

namespace LightVM.Shell.Tests;

/// <summary>Runs one of our programs, as built beside the tests, the way a person does.</summary>
internal static class ChildProcess
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    public static Task<(int Code, string Out, string Error)> Lightvm(params string[] args) => Run("lightvm", args);

    public static Task<(int Code, string Out, string Error)> Runner(params string[] args) => Run("LightVM.PesterRunner", args);

    /// <summary>Starts a program, feeds it, lets <paramref name="meanwhile"/> act on it, and waits for its end.</summary>
    public static async Task<(int Code, string Out, string Error)> Run(
        string program,
        IEnumerable<string> args,
        string input = "",
        Func<Process, Task>? meanwhile = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = meanwhile is null,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_limit);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = meanwhile is null ? process.StandardOutput.ReadToEndAsync(limit.Token) : Task.FromResult("");
        if (meanwhile is not null)
        {
            await meanwhile(process);
        }

        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>A file of the runner's folder in the checkout.</summary>
    public static string RunnerFile(string relative)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, "tests", "runner", relative);
            if (Path.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException($"tests/runner/{relative} is nowhere above {AppContext.BaseDirectory}");
    }
}
