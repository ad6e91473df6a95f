using System.Globalization;
using LightVM.Lab.Boot;
using LightVM.Lab.Host;
using LightVM.Lab.Remote;

namespace LightVM.Lab;

/// <summary>The host package (out/host) in a running lab.</summary>
internal static class HostPackage
{
    /// <summary>Copies the package over dom0's root once more and restarts its units.</summary>
    public static async Task InstallAsync(LabState state, IReadOnlyList<HostUnit> units, CancellationToken cancellation)
    {
        var result = await LabSsh.RunAsync(
            state, ["/usr/lib/lightvm-lab/install-host", .. units.Select(u => u.Name)], TimeSpan.FromMinutes(3), cancellation)
            .ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new LabException(
                $"The host package could not be installed in the lab '{state.Name}' (exit code {result.ExitCode}):\n{result.Tail}");
        }
    }

    /// <summary>Waits until the package's daemon accepts connections. Returns at once if the package has none.</summary>
    public static async Task WaitAsync(
        LabState state, IReadOnlyList<HostUnit> units, TimeSpan limit, CancellationToken cancellation)
    {
        if (!units.Any(u => u.Name == "lightvmd.service"))
        {
            return;
        }

        var seconds = ((int)limit.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var result = await LabSsh.RunAsync(
            state,
            ["/usr/lib/lightvm-lab/host-ready", seconds, .. units.Select(u => u.Name)],
            limit + TimeSpan.FromSeconds(30),
            cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new LabException(
                $"The lab '{state.Name}' is up, but its lightvmd does not serve (at most {limit.TotalSeconds:0} s are allowed for its start):\n"
                + LogTail.Of(result.Output + result.Error, 60)
                + "\nThe lab is left running to be looked at: lightvm-lab exec -- journalctl -b; then lightvm-lab down.");
        }
    }
}
