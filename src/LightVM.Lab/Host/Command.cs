using System.ComponentModel;
using System.Diagnostics;

namespace LightVM.Lab.Host;

/// <summary>Runs programs of this machine, each within a time limit.</summary>
internal static class Command
{
    /// <summary>Runs a program to its end with no input. Throws a <see cref="LabException"/> if it cannot start or takes too long.</summary>
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        TimeSpan limit,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? environment = null,
        string? directory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "/",
        };
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Start(start);
        process.StandardInput.Close();
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timer.Token);
            var error = process.StandardError.ReadToEndAsync(timer.Token);
            await process.WaitForExitAsync(timer.Token).ConfigureAwait(false);
            return new CommandResult(
                process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new LabException(
                $"'{program} {string.Join(' ', start.ArgumentList)}' did not end within {limit.TotalSeconds:0} s and was stopped.");
        }
    }

    /// <summary>Like <see cref="RunAsync"/>; a failure is an error that shows the program's last lines.</summary>
    public static async Task<string> RequireAsync(
        string program,
        IEnumerable<string> arguments,
        TimeSpan limit,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? environment = null,
        string? directory = null)
    {
        var list = arguments.ToArray();
        var result = await RunAsync(program, list, limit, cancellation, environment, directory).ConfigureAwait(false);
        return result.ExitCode == 0
            ? result.Output
            : throw new LabException(
                $"'{program} {string.Join(' ', list)}' failed with exit code {result.ExitCode}:\n{result.Tail}");
    }

    /// <summary>
    /// Starts a program in a session of its own that outlives us, with no input, its output appended to a file, and no
    /// other descriptor: one of a caller's might be a lock. The process returned is the program itself.
    /// </summary>
    public static Process StartDetached(string program, IEnumerable<string> arguments, string logFile)
    {
        // exec all the way: one process, whose number we know from the first moment. setsid does not fork here, as a
        // child of ours is never a group leader.
        const string script = """
            for f in /proc/self/fd/*; do n=${f##*/}; ((n < 3)) || eval "exec $n>&-"; done
            exec setsid "$@" </dev/null >>"$0" 2>&1
            """;
        string[] prefix = ["-c", script, logFile, program];
        return Start(new ProcessStartInfo("/bin/bash", prefix.Concat(arguments)) { WorkingDirectory = "/" });
    }

    /// <summary>The full name of a program on PATH or in the system directories; null if there is none.</summary>
    public static string? Find(string program)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }

    private static Process Start(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        try
        {
            return Process.Start(start) ?? throw new LabException($"'{start.FileName}' did not start.");
        }
        catch (Win32Exception e)
        {
            throw new LabException($"'{start.FileName}' cannot be started: {e.Message}. Install the package that holds it.", e);
        }
    }
}
