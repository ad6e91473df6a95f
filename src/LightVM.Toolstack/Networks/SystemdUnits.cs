using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>lightvm-dns@NETWORK.service, by systemctl. Slow where it starts a process: never between a request and its answer.</summary>
internal sealed class SystemdUnits : IUnits
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public void Start(string network, bool restart)
    {
        if (restart || Processes(network).Length == 0)
        {
            Run("--no-block", restart ? "restart" : "start", Unit(network));
        }
    }

    /// <summary>By the unit's own signal, without a process and a job for it: it is done after each change of a network's guests.</summary>
    public void Reload(string network)
    {
        foreach (string process in Processes(network))
        {
            // One that does not take it yet has read nothing yet.
            _ = ProcessSignals.Hang(int.Parse(process, CultureInfo.InvariantCulture));
        }
    }

    public void Stop(string network) => Run("stop", Unit(network));

    /// <summary>Names of networks are letters, digits and '-', all of which an instance's name may hold as they are.</summary>
    private static string Unit(string network) => $"lightvm-dns@{network}.service";

    /// <summary>By its control group: at each start of lightvmd a systemctl for each network would take longer than all else.</summary>
    private static string[] Processes(string network)
    {
        try
        {
            return File.ReadAllLines($@"/sys/fs/cgroup/system.slice/system-lightvm\x2ddns.slice/{Unit(network)}/cgroup.procs");
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static void Run(params string[] arguments)
    {
        string what = $"systemctl {string.Join(' ', arguments)}";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("systemctl", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Limit))
            {
                process.Kill();
                throw Failed(what, $"it took longer than {Limit.TotalSeconds:0} s");
            }

            if (process.ExitCode != 0)
            {
                throw Failed(what, error.Result.Trim());
            }
        }
        catch (Win32Exception e)
        {
            throw Failed(what, e.Message);
        }
    }

    private static LightVMException Failed(string what, string why) => new(
        ErrorCodes.InternalError, $"`{what}` failed: {why}", what, "See `systemctl status 'lightvm-dns@*'` on the host.");
}
