using LightVM.Lab.Boot;
using LightVM.Lab.Host;
using LightVM.Lab.Remote;

namespace LightVM.Lab;

/// <summary>
/// Real Xen hosts in QEMU, on this machine, with this machine's own file system (read-only, under an overlay) as dom0's
/// root. A checkout has its labs to itself; several calls at once, from any number of processes, are safe.
/// </summary>
public static class XenLab
{
    private static readonly TimeSpan LockLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    // The host package gives its guests 90 seconds to shut down.
    private static readonly TimeSpan PowerOffLimit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Boots a lab, or joins the one that runs. Returns when dom0 answers over ssh and, where out/host holds the host
    /// package, its daemon accepts connections.
    /// </summary>
    /// <exception cref="LabException">It cannot be booted, or does not answer. A failed boot leaves nothing running.</exception>
    public static async Task<LabState> UpAsync(
        LabOptions options, IProgress<string> progress, CancellationToken cancellation = default)
    {
        options.Validate();
        var paths = new LabPaths(options.Root, options.Name);
        using var held = await LockAsync(paths, progress, cancellation).ConfigureAwait(false);
        if (LabStateFile.ReadLive(paths.StateFile) is { } running)
        {
            if (running.Phase == LabPhase.Up)
            {
                return await JoinAsync(options, paths, running, progress, cancellation).ConfigureAwait(false);
            }

            progress.Report($"stopping QEMU {running.Pid}, which an interrupted start left behind");
        }

        await StopAsync(paths).ConfigureAwait(false);
        var fingerprint = options.InstallHost ? HostUnit.Fingerprint(paths.HostPackage) : null;
        var state = await new LabBoot(options, paths, progress).RunAsync(cancellation).ConfigureAwait(false);
        LabStateFile.Write(paths.StateFile, state);
        return await FinishHostAsync(options, paths, state, fingerprint, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether a lab is up; asks dom0. Never starts or stops anything.</summary>
    public static async Task<LabStatus> StatusAsync(string root, string name, CancellationToken cancellation = default)
    {
        var paths = new LabPaths(root, name);
        if (LabStateFile.ReadLive(paths.StateFile) is not { } state)
        {
            return new LabStatus(false, null, $"lab '{name}' is down");
        }

        if (state.Phase == LabPhase.Booting)
        {
            return new LabStatus(false, state, $"lab '{name}' is starting (QEMU {state.Pid}, log {state.LogFile})");
        }

        var (open, reason) = await LabSsh.OpenMasterAsync(state, AnswerLimit, cancellation).ConfigureAwait(false);
        var result = open
            ? await LabSsh.RunAsync(state, ["true"], AnswerLimit, cancellation).ConfigureAwait(false)
            : new CommandResult(LabSsh.ConnectionFailed, "", reason);
        return result.ExitCode == 0
            ? new LabStatus(
                true,
                state,
                $"lab '{name}' is up: {state.MemoryBytes >> 20} MB, {state.Cpus} CPU, {state.Accelerator}, QEMU {state.Pid}, "
                + $"ssh -F {state.SshConfigFile} {LabSsh.HostAlias}")
            : new LabStatus(false, state, $"lab '{name}' runs (QEMU {state.Pid}) but dom0 does not answer: {result.Error.Trim()}");
    }

    /// <summary>Powers a lab off, and ends QEMU if dom0 does not within two minutes. False if there was none.</summary>
    /// <param name="root">The checkout.</param>
    /// <param name="name">The lab's name.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="powerOff">False ends QEMU at once, as a loss of power does.</param>
    /// <param name="cancellation">Ends the wait for dom0; what was begun may then still go on.</param>
    public static async Task<bool> DownAsync(
        string root,
        string name,
        IProgress<string> progress,
        bool powerOff = true,
        CancellationToken cancellation = default)
    {
        var paths = new LabPaths(root, name);
        using var held = await LockAsync(paths, progress, cancellation).ConfigureAwait(false);
        var state = LabStateFile.ReadLive(paths.StateFile);
        if (powerOff && state is { Phase: LabPhase.Up })
        {
            await PowerOffAsync(state, progress, cancellation).ConfigureAwait(false);
        }

        await StopAsync(paths).ConfigureAwait(false);
        return state is not null;
    }

    /// <summary>Copies out/host into a running lab once more and restarts its units.</summary>
    /// <exception cref="LabException">There is no package or no lab, or the daemon does not start.</exception>
    public static async Task<LabState> InstallHostAsync(
        LabOptions options, IProgress<string> progress, CancellationToken cancellation = default)
    {
        options.Validate();
        var paths = new LabPaths(options.Root, options.Name);
        using var held = await LockAsync(paths, progress, cancellation).ConfigureAwait(false);
        var state = LabStateFile.ReadLive(paths.StateFile) is { Phase: LabPhase.Up } running
            ? running
            : throw new LabException($"The lab '{options.Name}' is down: start it with lightvm-lab up.");
        if (!Directory.Exists(paths.HostPackage))
        {
            throw new LabException($"There is no host package in {paths.HostPackage}: ./build.sh build makes it.");
        }

        return await InstallHostAsync(options, paths, state, progress, cancellation).ConfigureAwait(false);
    }

    private static async Task<LabState> JoinAsync(
        LabOptions options, LabPaths paths, LabState state, IProgress<string> progress, CancellationToken cancellation)
    {
        var (open, reason) = await LabSsh.OpenMasterAsync(state, AnswerLimit, cancellation).ConfigureAwait(false);
        if (!open)
        {
            throw new LabException(
                $"The lab '{state.Name}' runs (QEMU {state.Pid}), but dom0 does not answer: {reason}. "
                + "Its guests may live, so it is left alone; lightvm-lab down ends it.");
        }

        progress.Report($"joining the running lab '{state.Name}'");
        if (!options.InstallHost || HostUnit.Fingerprint(paths.HostPackage) is not { } fingerprint)
        {
            return state;
        }

        if (state.HostPackage is null)
        {
            return await InstallHostAsync(options, paths, state, progress, cancellation).ConfigureAwait(false);
        }

        if (state.HostPackage != fingerprint)
        {
            progress.Report("the lab runs an older build of the host package; lightvm-lab install-host brings the new one");
        }

        return state;
    }

    private static async Task<LabState> InstallHostAsync(
        LabOptions options, LabPaths paths, LabState state, IProgress<string> progress, CancellationToken cancellation)
    {
        progress.Report("installing the host package");
        var fingerprint = HostUnit.Fingerprint(paths.HostPackage);
        await HostPackage.InstallAsync(state, HostUnit.In(paths.HostPackage), cancellation).ConfigureAwait(false);
        return await FinishHostAsync(options, paths, state, fingerprint, progress, cancellation).ConfigureAwait(false);
    }

    private static async Task<LabState> FinishHostAsync(
        LabOptions options,
        LabPaths paths,
        LabState state,
        string? fingerprint,
        IProgress<string> progress,
        CancellationToken cancellation)
    {
        if (fingerprint is null)
        {
            return state;
        }

        progress.Report("waiting for lightvmd");
        await HostPackage.WaitAsync(state, HostUnit.In(paths.HostPackage), options.HostTimeout, cancellation).ConfigureAwait(false);
        state = state with { HostPackage = fingerprint };
        LabStateFile.Write(paths.StateFile, state);
        return state;
    }

    private static async Task PowerOffAsync(LabState state, IProgress<string> progress, CancellationToken cancellation)
    {
        progress.Report($"powering off the lab '{state.Name}'");
        try
        {
            await LabSsh.RunAsync(state, ["systemctl", "poweroff"], AnswerLimit, cancellation).ConfigureAwait(false);
        }
        catch (LabException e)
        {
            progress.Report(e.Message);
            return;
        }

        if (!await MachineProcess.WaitForEndAsync(state.Pid, state.PidStartTicks, PowerOffLimit, cancellation).ConfigureAwait(false))
        {
            progress.Report($"dom0 has not powered off within {PowerOffLimit.TotalSeconds:0} s; ending QEMU");
        }
    }

    /// <summary>Ends what the state names, if it still runs, and forgets it.</summary>
    private static async Task StopAsync(LabPaths paths)
    {
        if (LabStateFile.Read(paths.StateFile) is not { } state)
        {
            File.Delete(paths.StateFile);
            await StopForgottenAsync(paths).ConfigureAwait(false);
            return;
        }

        await LabSsh.CloseMasterAsync(state).ConfigureAwait(false);
        if (state.IsAlive && !await MachineProcess.KillAsync(state.Pid, state.PidStartTicks, TimeSpan.FromSeconds(15)).ConfigureAwait(false))
        {
            throw new LabException(
                $"QEMU (process {state.Pid}) of the lab '{state.Name}' does not end, not even by SIGKILL. Restart the machine.");
        }

        File.Delete(paths.StateFile);
        if (Path.GetDirectoryName(state.ControlSocket) is { } runtime && Directory.Exists(runtime))
        {
            Directory.Delete(runtime, recursive: true);
        }
    }

    /// <summary>Ends a QEMU whose state is gone, as when out/ was removed under a running lab.</summary>
    private static async Task StopForgottenAsync(LabPaths paths)
    {
        foreach (var (pid, _) in MachineProcess.WithArgument(QemuCommandLine.NamePrefix + paths.Id + '\0').ToArray())
        {
            if (MachineProcess.StartTicks(pid) is { } ticks
                && !await MachineProcess.KillAsync(pid, ticks, TimeSpan.FromSeconds(15)).ConfigureAwait(false))
            {
                throw new LabException($"QEMU (process {pid}) of the lab '{paths.Name}' does not end, not even by SIGKILL.");
            }
        }
    }

    private static Task<FileLock> LockAsync(LabPaths paths, IProgress<string> progress, CancellationToken cancellation) =>
        FileLock.AcquireAsync(
            paths.LockFile,
            LockLimit,
            () => progress.Report($"waiting for another process that starts or stops the lab '{paths.Name}'"),
            cancellation);
}
