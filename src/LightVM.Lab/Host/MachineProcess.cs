using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace LightVM.Lab.Host;

/// <summary>Processes of this machine, named so that a reused number cannot be mistaken.</summary>
internal static class MachineProcess
{
    /// <summary>The kernel's identifier of this machine's boot.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>A process's start in clock ticks since boot; null if there is no such process, or it is a zombie.</summary>
    public static long? StartTicks(int pid)
    {
        try
        {
            return ParseStartTicks(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends a process for certain: SIGKILL, then a bounded wait. False if it is still there.</summary>
    public static async Task<bool> KillAsync(int pid, long startTicks, TimeSpan limit)
    {
        try
        {
            if (StartTicks(pid) == startTicks)
            {
                using var process = Process.GetProcessById(pid);
                process.Kill();
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended in between.
        }

        return await WaitForEndAsync(pid, startTicks, limit, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Waits for a process to end. False if it is still there when the limit has passed.</summary>
    public static async Task<bool> WaitForEndAsync(int pid, long startTicks, TimeSpan limit, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (StartTicks(pid) == startTicks)
        {
            if (clock.Elapsed > limit)
            {
                return false;
            }

            await Task.Delay(50, cancellation).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>The processes that have an argument with this beginning; arguments are separated by NUL.</summary>
    public static IEnumerable<(int Pid, string CommandLine)> WithArgument(string beginning) =>
        CommandLines().Where(process => process.CommandLine.Contains('\0' + beginning, StringComparison.Ordinal));

    private static IEnumerable<(int Pid, string CommandLine)> CommandLines()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            string line;
            try
            {
                line = File.ReadAllText($"/proc/{pid}/cmdline");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            yield return (pid, line);
        }
    }

    /// <summary>Field 22 of a /proc/PID/stat line. The name in field 2 may hold blanks and parentheses.</summary>
    internal static long? ParseStartTicks(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20 || fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }
}
