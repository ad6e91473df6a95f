using System.Globalization;
using System.Text;

namespace LightVM.PowerShell;

/// <summary>
/// A job as systemd has it: a timer, which keeps the definition in a section that systemd ignores, and the service that it starts. Pure.
/// </summary>
internal static class JobUnits
{
    public const string Prefix = "lightvm-reconcile-";
    public const string TimerSuffix = ".timer";
    private const string Section = "[X-LightVM]";

    public static string TimerOf(string name) => Prefix + name + TimerSuffix;

    public static string Timer(ReconcileJob job)
    {
        var text = Head($"when {job.SpecPath} is reconciled");
        text.Append(CultureInfo.InvariantCulture, $"""

            [Timer]
            OnActiveSec=1
            OnUnitInactiveSec={Seconds(job.Interval)}
            RandomizedDelaySec={Seconds(job.Jitter)}
            AccuracySec=1

            [Install]
            WantedBy=timers.target

            {Section}

            """);
        foreach ((string key, string value) in Definition(job))
        {
            text.Append(key).Append('=').Append(value).Append('\n');
        }

        return text.ToString();
    }

    /// <param name="job">The job.</param>
    /// <param name="command">What runs it, with its arguments.</param>
    /// <param name="environment">What it finds in its environment.</param>
    /// <param name="user">Whose it is; null: the manager's own.</param>
    public static string Service(ReconcileJob job, IEnumerable<string> command, IEnumerable<KeyValuePair<string, string>> environment, string? user)
    {
        var text = Head($"{job.SpecPath} is reconciled");
        text.Append("Wants=network-online.target\nAfter=network-online.target lightvmd.service\n\n[Service]\nType=oneshot\n");
        if (user is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"User={user}\n");
        }

        foreach ((string key, string value) in environment)
        {
            text.Append(CultureInfo.InvariantCulture, $"Environment={Quote($"{key}={value}", inCommand: false)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"ExecStart={string.Join(' ', command.Select(word => Quote(word, inCommand: true)))}\n");
        return text.ToString();
    }

    /// <summary>Reads a definition back; null: the timer is none of ours, or was written by hand.</summary>
    public static ReconcileJob? Read(string name, string timer)
    {
        int at = timer.IndexOf(Section, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in timer[at..].Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values[line[..equals]] = line[(equals + 1)..];
            }
        }

        string Text(string key) => values.GetValueOrDefault(key, "");
        double Number(string key) => double.TryParse(Text(key), CultureInfo.InvariantCulture, out double number) && number is >= 0 and < 1e9 ? number : 0;
        return Text("Spec").Length == 0 ? null : new ReconcileJob
        {
            Name = name,
            SpecPath = Text("Spec"),
            HostName = Text("Host") is { Length: > 0 } host ? host : null,
            DefaultHost = Text("DefaultHost") is { Length: > 0 } other ? other : null,
            Interval = TimeSpan.FromSeconds(Number("Interval")),
            Jitter = TimeSpan.FromSeconds(Number("Jitter")),
            RetryCount = (int)Number("RetryCount"),
            RetryDelay = TimeSpan.FromSeconds(Number("RetryDelay")),
            MaintenanceWindow = Text("MaintenanceWindow") is { Length: > 0 } window ? window : null,
            NoPrune = Text("NoPrune") == "yes",
            IsSuspended = Text("Suspended") == "yes",
        };
    }

    /// <summary>A word as systemd reads it back: quoted, and with nothing in it that it would expand.</summary>
    private static string Quote(string word, bool inCommand)
    {
        string escaped = word.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal);
        return $"\"{(inCommand ? escaped.Replace("$", "$$", StringComparison.Ordinal) : escaped)}\"";
    }

    private static StringBuilder Head(string what) => new StringBuilder()
        .Append("# Made by Register-LightVMReconcileJob; Unregister-LightVMReconcileJob removes it, and to register it again changes it.\n")
        .Append(CultureInfo.InvariantCulture, $"[Unit]\nDescription=LightVM: {what.Replace("%", "%%", StringComparison.Ordinal)}\n");

    private static IEnumerable<(string Key, string Value)> Definition(ReconcileJob job)
    {
        yield return ("Spec", job.SpecPath);
        yield return ("Host", job.HostName ?? "");
        yield return ("DefaultHost", job.DefaultHost ?? "");
        yield return ("Interval", Seconds(job.Interval));
        yield return ("Jitter", Seconds(job.Jitter));
        yield return ("RetryCount", job.RetryCount.ToString(CultureInfo.InvariantCulture));
        yield return ("RetryDelay", Seconds(job.RetryDelay));
        yield return ("MaintenanceWindow", job.MaintenanceWindow ?? "");
        yield return ("NoPrune", job.NoPrune ? "yes" : "no");
        yield return ("Suspended", job.IsSuspended ? "yes" : "no");
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
