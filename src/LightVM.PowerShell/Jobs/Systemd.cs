using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace LightVM.PowerShell;

/// <summary>The service manager of this machine: the system's for root, the user's own for others. Its methods block.</summary>
internal sealed class Systemd
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly bool IsSystem = Environment.IsPrivilegedProcess;

    /// <summary>Where units of an administrator are.</summary>
    public string Directory { get; } = IsSystem
        ? "/etc/systemd/system"
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "systemd/user");

    /// <summary>Whose a unit's process has to be said to be; null: the manager's own.</summary>
    public string? User { get; } = IsSystem ? Environment.UserName : null;

    /// <summary>All jobs of this machine, sorted by name, with what systemd knows of them.</summary>
    /// <exception cref="LightVMException">FeatureMissing, ScheduleFailed.</exception>
    public IReadOnlyList<ReconcileJob> Jobs()
    {
        var jobs = new List<ReconcileJob>();
        if (System.IO.Directory.Exists(Directory))
        {
            foreach (string path in System.IO.Directory.GetFiles(Directory, JobUnits.Prefix + "*" + JobUnits.TimerSuffix).Order(StringComparer.Ordinal))
            {
                string name = Path.GetFileName(path)[JobUnits.Prefix.Length..^JobUnits.TimerSuffix.Length];
                if (JobUnits.Read(name, File.ReadAllText(path)) is { } job)
                {
                    jobs.Add(job);
                }
            }
        }

        if (jobs.Count > 0)
        {
            Complete(jobs);
        }

        return jobs;
    }

    /// <summary>The job of that name, without what systemd knows of it; null: there is none.</summary>
    public ReconcileJob? Find(string name)
    {
        string path = Path.Combine(Directory, JobUnits.TimerOf(name));
        return File.Exists(path) ? JobUnits.Read(name, File.ReadAllText(path)) : null;
    }

    /// <summary>Writes a job's units, and has it wait or rest as it says. Where that fails, the units that were there are there again.</summary>
    /// <exception cref="LightVMException">FeatureMissing, ScheduleFailed, AccessDenied.</exception>
    public void Register(ReconcileJob job, string timer, string service)
    {
        string timerPath = Path.Combine(Directory, JobUnits.TimerOf(job.Name)), servicePath = Path.Combine(Directory, job.Unit);
        string? oldTimer = File.Exists(timerPath) ? File.ReadAllText(timerPath) : null, oldService = File.Exists(servicePath) ? File.ReadAllText(servicePath) : null;
        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            Write(timerPath, timer);
            Write(servicePath, service);
            Run("daemon-reload");
            if (job.IsSuspended)
            {
                Run("disable", "--now", JobUnits.TimerOf(job.Name));
            }
            else
            {
                Run("enable", JobUnits.TimerOf(job.Name));
                Run("restart", JobUnits.TimerOf(job.Name)); // one that waits already takes the new interval
            }
        }
        catch (Exception e) when (e is LightVMException or IOException or UnauthorizedAccessException)
        {
            if (oldTimer is null)
            {
                TryRun("disable", "--now", JobUnits.TimerOf(job.Name));
            }

            Restore(timerPath, oldTimer);
            Restore(servicePath, oldService);
            TryRun("daemon-reload");
            throw e as LightVMException ?? new LightVMException(
                ErrorCodes.AccessDenied, $"Job '{job.Name}' cannot be written to {Directory}: {e.Message}", job.Name, "Register it as root, or give this user write access there.", e);
        }
    }

    /// <summary>A run that is under way ends by itself.</summary>
    /// <exception cref="LightVMException">FeatureMissing, ScheduleFailed, AccessDenied.</exception>
    public void Unregister(ReconcileJob job)
    {
        Run("disable", "--now", JobUnits.TimerOf(job.Name));
        try
        {
            File.Delete(Path.Combine(Directory, JobUnits.TimerOf(job.Name)));
            File.Delete(Path.Combine(Directory, job.Unit));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LightVMException(ErrorCodes.AccessDenied, $"Job '{job.Name}' cannot be removed from {Directory}: {e.Message}", job.Name, "Do it as the user who registered it.", e);
        }

        Run("daemon-reload");
    }

    private static void Complete(List<ReconcileJob> jobs)
    {
        Dictionary<string, DateTimeOffset> next = NextRuns();
        Dictionary<string, Dictionary<string, string>> services = Show([.. jobs.Select(job => job.Unit)]);
        foreach (ReconcileJob job in jobs)
        {
            Dictionary<string, string> service = services.GetValueOrDefault(job.Unit, []);
            job.NextRunTime = next.TryGetValue(JobUnits.TimerOf(job.Name), out DateTimeOffset time) ? time : null;
            job.LastRunTime = Time(service.GetValueOrDefault("InactiveEnterTimestamp", ""));
            job.State = service.GetValueOrDefault("ActiveState") is "activating" or "active" ? "Running"
                : service.GetValueOrDefault("ActiveState") == "failed" ? "Failed"
                : job.IsSuspended ? "Suspended" : "Waiting";
        }
    }

    private static Dictionary<string, DateTimeOffset> NextRuns()
    {
        var times = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        try
        {
            using JsonDocument timers = JsonDocument.Parse(Run("list-timers", "--all", "--output=json", JobUnits.Prefix + "*"));
            foreach (JsonElement timer in timers.RootElement.EnumerateArray())
            {
                // While its service runs, a timer has no next time.
                if (timer.TryGetProperty("unit", out JsonElement unit) && timer.TryGetProperty("next", out JsonElement next)
                    && next.ValueKind == JsonValueKind.Number && next.TryGetInt64(out long microseconds) && microseconds > 0)
                {
                    times[unit.GetString() ?? ""] = DateTimeOffset.FromUnixTimeMilliseconds(microseconds / 1000);
                }
            }
        }
        catch (JsonException)
        {
            // An older systemd lists timers for people only: it is not known then.
        }

        return times;
    }

    private static Dictionary<string, Dictionary<string, string>> Show(string[] units)
    {
        string text = Run(["show", "--timestamp=unix", "--property=Id,ActiveState,InactiveEnterTimestamp", .. units]);
        return text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal))
            .Where(block => block.ContainsKey("Id")).ToDictionary(block => block["Id"], StringComparer.Ordinal);
    }

    /// <summary><c>@1699999999</c></summary>
    private static DateTimeOffset? Time(string text) =>
        text.StartsWith('@') && long.TryParse(text.AsSpan(1), CultureInfo.InvariantCulture, out long seconds) && seconds > 0 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void Restore(string path, string? text)
    {
        try
        {
            if (text is null)
            {
                File.Delete(path);
            }
            else
            {
                Write(path, text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What failed first is what is told.
        }
    }

    private static void TryRun(params string[] arguments)
    {
        try
        {
            Run(arguments);
        }
        catch (LightVMException)
        {
            // What failed first is what is told.
        }
    }

    private static string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("systemctl") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["LC_ALL"] = "C";
        foreach (string argument in IsSystem ? arguments : ["--user", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Limit))
            {
                process.Kill(entireProcessTree: true);
                throw Failed(arguments, $"it did not answer within {Limit.TotalSeconds:0} s");
            }

            return process.ExitCode == 0 ? output.Result : throw Failed(arguments, error.Result.Trim().ReplaceLineEndings("; "));
        }
        catch (Win32Exception e)
        {
            throw new LightVMException(
                ErrorCodes.FeatureMissing, "Reconcile jobs are timers of systemd, and this machine has no systemctl.", "systemctl",
                "Register the job on a machine with systemd, or have another scheduler run Invoke-LightVMReconcile.", e);
        }
    }

    private static LightVMException Failed(string[] arguments, string why) => new(
        ErrorCodes.ScheduleFailed, $"systemctl {string.Join(' ', arguments)} failed: {why}.", "systemctl", "See whether systemd runs here (systemctl status) and what its journal says.");
}
