namespace LightVM.Daemon;

/// <summary>Where the daemon keeps what it keeps. Fixed on a host; tests move both directories.</summary>
internal sealed class DaemonPaths
{
    public const string DefaultRunDirectory = "/run/lightvm";
    public const string DefaultStateDirectory = "/var/lib/lightvm";

    public DaemonPaths(string? runDirectory = null, string? stateDirectory = null)
    {
        RunDirectory = FirstOf(runDirectory, "LIGHTVM_RUN_DIR", DefaultRunDirectory);
        StateDirectory = FirstOf(stateDirectory, "LIGHTVM_STATE_DIR", DefaultStateDirectory);
    }

    /// <summary>Sockets and journals: what need not survive a boot.</summary>
    public string RunDirectory { get; }

    /// <summary>Database and images.</summary>
    public string StateDirectory { get; }

    public string Socket => Path.Combine(RunDirectory, "lightvmd.sock");

    /// <summary>HTTP/2 only; for <c>lightvmd dial</c>.</summary>
    public string Http2Socket => Path.Combine(RunDirectory, "lightvmd.h2.sock");

    /// <summary>Locked while a daemon lives, so that there is one.</summary>
    public string Lock => Path.Combine(RunDirectory, "lightvmd.lock");

    /// <summary>Empty: Kestrel's host looks for settings in its content root, and must find nothing to watch.</summary>
    public string ContentRoot => Path.Combine(RunDirectory, "empty");

    public string Database => Path.Combine(StateDirectory, "lightvm.db");

    private static string FirstOf(string? option, string variable, string standard)
    {
        if (!string.IsNullOrEmpty(option))
        {
            return Path.GetFullPath(option);
        }

        string? set = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(set) ? standard : Path.GetFullPath(set);
    }
}
