using System.Text;
using LightVM.Lab.Host;

namespace LightVM.Lab.Remote;

/// <summary>The ssh connection to a lab's dom0.</summary>
internal static class LabSsh
{
    /// <summary>The host's name in the lab's ssh_config.</summary>
    public const string HostAlias = "lab";

    /// <summary>ssh's own exit code for a connection that failed.</summary>
    public const int ConnectionFailed = 255;

    /// <summary>Makes the client's key and dom0's, where they are missing.</summary>
    public static async Task MakeKeysAsync(LabPaths paths, CancellationToken cancellation)
    {
        foreach (var key in new[] { paths.Identity, paths.HostKey })
        {
            if (!File.Exists(key) || !File.Exists(key + ".pub"))
            {
                File.Delete(key);
                await Command.RequireAsync(
                    "ssh-keygen",
                    ["-q", "-t", "ed25519", "-N", "", "-C", $"lightvm-lab {paths.Name}", "-f", key],
                    TimeSpan.FromSeconds(30),
                    cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes ssh_config and the pinned host key.</summary>
    public static void WriteConfig(LabPaths paths, int port, string controlSocket)
    {
        File.WriteAllText(paths.KnownHosts, $"lightvm-lab {File.ReadAllText(paths.HostKey + ".pub")}");
        File.WriteAllText(paths.SshConfig, $"""
            # The lab's dom0: ssh -F FILE {HostAlias} COMMAND. Made by lightvm-lab; the next start overwrites it.
            Host {HostAlias}
                HostName 127.0.0.1
                Port {port}
                User root
                IdentityFile "{Escape(paths.Identity)}"
                IdentitiesOnly yes
                IdentityAgent none
                HostKeyAlias lightvm-lab
                HostKeyAlgorithms ssh-ed25519
                UserKnownHostsFile "{Escape(paths.KnownHosts)}"
                GlobalKnownHostsFile /dev/null
                StrictHostKeyChecking yes
                BatchMode yes
                PreferredAuthentications publickey
                KexAlgorithms curve25519-sha256
                ControlPath {controlSocket}
                ControlMaster no
                ConnectTimeout 30
                ServerAliveInterval 60
                ServerAliveCountMax 10
                LogLevel ERROR

            """);
    }

    /// <summary>
    /// Opens the connection that later commands share, and leaves it open. False, with ssh's last line, if dom0 does not
    /// answer now.
    /// </summary>
    public static async Task<(bool Open, string Reason)> OpenMasterAsync(
        LabState state, TimeSpan limit, CancellationToken cancellation)
    {
        if (await IsMasterOpenAsync(state, cancellation).ConfigureAwait(false))
        {
            return (true, "");
        }

        File.Delete(state.ControlSocket);

        // -f makes ssh leave the foreground once it is logged in. It keeps what stderr is, so that must be no pipe of a caller's.
        var log = state.ControlSocket + ".log";
        File.Delete(log);
        using var process = Command.StartDetached(
            "ssh", ["-F", state.SshConfigFile, "-o", "ControlMaster=yes", "-f", "-N", "-T", HostAlias], log);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            return (false, $"no answer within {limit.TotalSeconds:0} s");
        }

        return process.ExitCode == 0 ? (true, "") : (false, LogTail.OfFile(log, 1).Trim());
    }

    /// <summary>
    /// The text that makes root's shell, bash, run a command. A command that is killed by a signal ends with 128 + its
    /// number, as in any shell, where sshd alone would report a lost connection; and bash's own line about it is not shown.
    /// </summary>
    public static byte[] CommandText(IEnumerable<byte[]> command) =>
        [.. "exec 3>&2 2>/dev/null; "u8, .. ShellQuoting.Join(command), .. " 2>&3 3>&-; exit $?"u8];

    /// <summary>Runs a command in dom0.</summary>
    public static Task<CommandResult> RunAsync(
        LabState state, IEnumerable<string> command, TimeSpan limit, CancellationToken cancellation) =>
        Command.RunAsync(
            "ssh",
            ["-F", state.SshConfigFile, HostAlias, Encoding.UTF8.GetString(CommandText(command.Select(Encoding.UTF8.GetBytes)))],
            limit,
            cancellation);

    /// <summary>Ends the shared connection.</summary>
    public static async Task CloseMasterAsync(LabState state)
    {
        if (File.Exists(state.ControlSocket))
        {
            await Command.RunAsync(
                "ssh", ["-F", state.SshConfigFile, "-O", "exit", HostAlias], TimeSpan.FromSeconds(10), CancellationToken.None)
                .ConfigureAwait(false);
            File.Delete(state.ControlSocket);
        }

        File.Delete(state.ControlSocket + ".log");
    }

    /// <summary>ssh_config expands % in file names.</summary>
    private static string Escape(string path) => path.Replace("%", "%%", StringComparison.Ordinal);

    private static async Task<bool> IsMasterOpenAsync(LabState state, CancellationToken cancellation)
    {
        if (!File.Exists(state.ControlSocket))
        {
            return false;
        }

        var check = await Command.RunAsync(
            "ssh", ["-F", state.SshConfigFile, "-O", "check", HostAlias], TimeSpan.FromSeconds(10), cancellation)
            .ConfigureAwait(false);
        return check.ExitCode == 0;
    }
}
