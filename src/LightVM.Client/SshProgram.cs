using System.Diagnostics;
using System.Globalization;

namespace LightVM.Client;

/// <summary>How the ssh program is run: by the user's own configuration, and without a question that nobody could answer.</summary>
internal static class SshProgram
{
    private const string SetSid = "/usr/bin/setsid";

    /// <summary>How it is started for a command on a host, whose words it hands, joined by spaces, to the login shell there.</summary>
    /// <remarks>A connectLimit is for callers that cannot tell when the host has answered, and goes before the user's own; without one the caller sees to it.</remarks>
    public static ProcessStartInfo Start(HostEndpoint endpoint, LightVMClientOptions options, IReadOnlyList<string> command, TimeSpan? connectLimit = null)
    {
        var arguments = new List<string>
        {
            "-T",
            "-o", "BatchMode=yes",
            // A user's own forwardings would clash with those of the shell that has them already.
            "-o", "ClearAllForwardings=yes",
        };
        if (connectLimit is { } limit)
        {
            arguments.AddRange(["-o", string.Create(CultureInfo.InvariantCulture, $"ConnectTimeout={Math.Max(1, (int)limit.TotalSeconds)}")]);
        }

        if (endpoint.SshConfigFile is { } file)
        {
            arguments.AddRange(["-F", file]);
        }

        if (endpoint.Port is { } port)
        {
            arguments.AddRange(["-p", port.ToString(CultureInfo.InvariantCulture)]);
        }

        if (endpoint.User is { } user)
        {
            arguments.AddRange(["-l", user]);
        }

        arguments.AddRange(["--", endpoint.SshHost!]);
        arguments.AddRange(command);

        // A terminal's Ctrl-C goes to its whole foreground group: it stops a cmdlet, and must not break the connection of all others.
        bool ownSession = OperatingSystem.IsLinux() && File.Exists(SetSid);
        return new ProcessStartInfo(ownSession ? SetSid : options.SshProgram, ownSession ? [options.SshProgram, .. arguments] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
    }
}
