using System.Diagnostics;
using LightVM.Lab.Cache;
using LightVM.Lab.Host;
using LightVM.Lab.Remote;

namespace LightVM.Lab.Boot;

/// <summary>Boots one lab, from the files on this machine to an open ssh connection. The caller holds the lab's lock.</summary>
internal sealed class LabBoot
{
    // Xen greets within a second of a start that works; a hanging /dev/kvm gives nothing.
    private static readonly TimeSpan KvmFirstOutput = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KvmLimit = TimeSpan.FromSeconds(60);

    private readonly LabOptions _options;
    private readonly LabPaths _paths;
    private readonly IProgress<string> _progress;

    public LabBoot(LabOptions options, LabPaths paths, IProgress<string> progress)
    {
        _options = options;
        _paths = paths;
        _progress = progress;
    }

    /// <summary>Boots it. On failure nothing is left running and no state is left.</summary>
    public async Task<LabState> RunAsync(CancellationToken cancellation)
    {
        await Tools.EnsureAsync(_progress, cancellation).ConfigureAwait(false);
        var cache = LabCache.DefaultDirectory;
        var images = await new LabCache(cache, _progress).GetAsync(cancellation).ConfigureAwait(false);
        var runtime = await RuntimeDirectory.CreateAsync(_paths.Id, cancellation).ConfigureAwait(false);
        await LabSsh.MakeKeysAsync(_paths, cancellation).ConfigureAwait(false);
        var units = _options.InstallHost ? HostUnit.In(_paths.HostPackage) : [];
        await Initramfs.WriteAsync(_paths, images, units, _options.InstallHost, cancellation).ConfigureAwait(false);
        var files = BootFiles.Link(runtime, images.Xen, images.Linux, _paths.Initramfs);

        var accelerators = new Accelerators(cache);
        var candidates = accelerators.Candidates(Environment.GetEnvironmentVariable(Accelerators.Variable));
        foreach (var accelerator in candidates)
        {
            var unproved = accelerator == LabAccelerator.Kvm && accelerators.Verdict() is null;
            try
            {
                var state = await RunAsync(accelerator, images, files, runtime, cancellation).ConfigureAwait(false);
                if (unproved)
                {
                    accelerators.Record(works: true);
                }

                return state;
            }
            catch (LabException e) when (accelerator == LabAccelerator.Kvm && candidates.Count > 1)
            {
                accelerators.Record(works: false);
                _progress.Report($"KVM does not work here ({e.Message.Split('\n')[0]}); using emulation");
            }
        }

        throw new UnreachableException();
    }

    private async Task<LabState> RunAsync(
        LabAccelerator accelerator, LabImages images, BootFiles files, string runtime, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = Start(accelerator, images, files, runtime);
            try
            {
                return await WaitForSshAsync(state, cancellation).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await LabSsh.CloseMasterAsync(state).ConfigureAwait(false);
                if (!await MachineProcess.KillAsync(state.Pid, state.PidStartTicks, TimeSpan.FromSeconds(10)).ConfigureAwait(false))
                {
                    _progress.Report($"QEMU (process {state.Pid}) does not end, not even by SIGKILL");
                }

                File.Delete(_paths.StateFile);

                // Between our look and QEMU's bind somebody else took the port.
                if (attempt < 3 && e is LabException && File.ReadAllText(_paths.QemuLog).Contains("host forwarding rule", StringComparison.Ordinal))
                {
                    continue;
                }

                throw;
            }
        }
    }

    private LabState Start(LabAccelerator accelerator, LabImages images, BootFiles files, string runtime)
    {
        var port = Ports.FindFree();
        var socket = Path.Combine(runtime, "ssh");
        LabSsh.WriteConfig(_paths, port, socket);
        File.Delete(_paths.SerialLog);
        File.Delete(_paths.QemuLog);
        var cpus = _options.Cpus ?? DefaultCpus(accelerator);
        var command = new QemuCommandLine
        {
            Id = _paths.Id,
            Accelerator = accelerator,
            Cpus = cpus,
            MemoryBytes = _options.MemoryBytes,
            Dom0MemoryBytes = _options.Dom0MemoryBytes,
            SshPort = port,
            Wire = LabWire.Of(_paths, _options.WireTo),
            Files = files,
            Images = images,
            Out = _paths.Out,
            SerialLog = _paths.SerialLog,
        };
        _progress.Report(
            $"booting Xen: {_options.MemoryBytes >> 20} MB, {cpus} CPU, "
            + (accelerator == LabAccelerator.Kvm ? "KVM" : "emulation"));
        using var qemu = Command.StartDetached(QemuCommandLine.Program, command.Arguments(), _paths.QemuLog);
        var state = new LabState
        {
            Name = _options.Name,
            Root = _paths.Root,
            Phase = LabPhase.Booting,
            Pid = qemu.Id,
            PidStartTicks = MachineProcess.StartTicks(qemu.Id) ?? 0,
            BootId = MachineProcess.BootId,
            SshPort = port,
            SshConfigFile = _paths.SshConfig,
            IdentityFile = _paths.Identity,
            ControlSocket = socket,
            Accelerator = accelerator,
            Cpus = cpus,
            MemoryBytes = _options.MemoryBytes,
            Dom0MemoryBytes = _options.Dom0MemoryBytes,
            StartedAt = DateTimeOffset.UtcNow,
            LogFile = _paths.SerialLog,
            QemuLogFile = _paths.QemuLog,
        };

        // At once, so that whoever comes after us, should we be killed, finds the process.
        LabStateFile.Write(_paths.StateFile, state);
        return state;
    }

    private async Task<LabState> WaitForSshAsync(LabState state, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var log = new SerialLog(_paths.SerialLog);
        var answer = "";
        var limit = state.Accelerator == LabAccelerator.Kvm ? KvmLimit : _options.BootTimeout;
        while (true)
        {
            foreach (var mark in log.Read())
            {
                _progress.Report(mark);
            }

            if (log.Failure is { } failure)
            {
                throw Failed($"dom0 stopped: {failure}");
            }

            if (!state.IsAlive)
            {
                throw Failed("QEMU ended");
            }

            if (log.SshStarted)
            {
                (var open, answer) = await LabSsh.OpenMasterAsync(state, TimeSpan.FromSeconds(30), cancellation).ConfigureAwait(false);
                if (open)
                {
                    return state with { Phase = LabPhase.Up, BootSeconds = Math.Round(clock.Elapsed.TotalSeconds, 1) };
                }
            }

            if (state.Accelerator == LabAccelerator.Kvm && !log.HasOutput && clock.Elapsed > KvmFirstOutput)
            {
                throw Failed($"Xen wrote nothing within {KvmFirstOutput.TotalSeconds:0} s");
            }

            if (clock.Elapsed > limit)
            {
                throw Failed($"dom0's sshd did not answer within {limit.TotalSeconds:0} s ({answer})");
            }

            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }

    private LabException Failed(string what) => new(
        $"The lab '{_options.Name}' did not boot: {what}.\n"
        + $"The end of {_paths.SerialLog}:\n{LogTail.OfFile(_paths.SerialLog, 25)}\n"
        + $"The end of {_paths.QemuLog}:\n{LogTail.OfFile(_paths.QemuLog, 8)}");

    /// <summary>
    /// One under emulation: QEMU 7.2 that emulates AMD's virtualisation on two now and then stops for good, or has a PVH guest die;
    /// and two labs of two take ten times as long on a small machine.
    /// </summary>
    private static int DefaultCpus(LabAccelerator accelerator) =>
        accelerator == LabAccelerator.Kvm ? Math.Clamp(Environment.ProcessorCount, 1, 2) : 1;
}
