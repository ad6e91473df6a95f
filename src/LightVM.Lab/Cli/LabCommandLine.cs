using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using LightVM.Lab.Host;
using LightVM.Lab.Remote;

namespace LightVM.Lab.Cli;

/// <summary>The command lightvm-lab.</summary>
internal static class LabCommandLine
{
    private const int Ok = 0;
    private const int Failed = 1;
    private const int Misused = 2;
    private const int Down = 3;

    private const string Usage = """
        usage: lightvm-lab COMMAND [--name NAME] [--root CHECKOUT]

          up [--memory 4GB] [--dom0-memory 1536MB|none] [--cpus N] [--wire NAME] [--no-host]
                              boot a Xen host, or join the one that runs; its eth1
                              leads to that of the lab NAME, which has to name this one
          down [--now]        power it off; --now as a loss of power does
          status [--json]     exit code 0: up, 3: down
          exec -- CMD ARG...  run a command in dom0; its output and exit code come back
          console             a root shell in dom0
          install-host        copy out/host into the running lab again and restart its units
          log                 print what Xen and dom0 wrote to the serial port

        Without --root, the checkout around the current directory is meant.
        LIGHTVM_LAB_ACCEL=tcg|kvm forces emulation or KVM.
        """;

    /// <summary>Runs it; the result is the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        using var cancellation = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);
        try
        {
            return await DispatchAsync(LabArguments.Parse(arguments), cancellation.Token).ConfigureAwait(false);
        }
        catch (LabUsageException e)
        {
            await Console.Error.WriteLineAsync($"lightvm-lab: {e.Message}\n\n{Usage}").ConfigureAwait(false);
            return Misused;
        }
        catch (LabException e)
        {
            await Console.Error.WriteLineAsync($"lightvm-lab: {e.Message}").ConfigureAwait(false);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("lightvm-lab: stopped").ConfigureAwait(false);
            return 130;
        }

        void Cancel(PosixSignalContext context)
        {
            // What was begun has to be undone (a QEMU, say), so the process ends by itself.
            context.Cancel = true;
            cancellation.Cancel();
        }
    }

    private static async Task<int> DispatchAsync(LabArguments arguments, CancellationToken cancellation)
    {
        if (arguments.Command == "help")
        {
            Console.WriteLine(Usage);
            return Ok;
        }

        var root = arguments.Root ?? LabPaths.FindRoot(Environment.CurrentDirectory)
            ?? throw new LabException(
                $"No {LabPaths.SolutionFile} in {Environment.CurrentDirectory} or above it: go to a checkout or name it with --root.");
        var progress = new StderrProgress();
        switch (arguments.Command)
        {
            case "up":
                var state = await XenLab.UpAsync(arguments.ToOptions(root), progress, cancellation).ConfigureAwait(false);
                progress.Report(string.Create(
                    CultureInfo.InvariantCulture, $"up (its boot took {state.BootSeconds} s); ssh -F {state.SshConfigFile} lab"));
                return Ok;
            case "down":
                var ended = await XenLab.DownAsync(root, arguments.Name, progress, !arguments.Now, cancellation).ConfigureAwait(false);
                progress.Report($"the lab '{arguments.Name}' {(ended ? "is down" : "was not up")}");
                return Ok;
            case "status":
                return await StatusAsync(root, arguments, cancellation).ConfigureAwait(false);
            case "install-host":
                await XenLab.InstallHostAsync(arguments.ToOptions(root), progress, cancellation).ConfigureAwait(false);
                return Ok;
            case "log":
                using (var log = File.OpenRead(new LabPaths(root, arguments.Name).SerialLog))
                {
                    await log.CopyToAsync(Console.OpenStandardOutput(), cancellation).ConfigureAwait(false);
                }

                return Ok;
            default:
                return await ExecuteAsync(root, arguments, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<int> StatusAsync(string root, LabArguments arguments, CancellationToken cancellation)
    {
        var status = await XenLab.StatusAsync(root, arguments.Name, cancellation).ConfigureAwait(false);
        Console.WriteLine(arguments.Json ? JsonSerializer.Serialize(status, LabJson.Default.LabStatus) : status.Detail);
        return status.IsUp ? Ok : Down;
    }

    private static async Task<int> ExecuteAsync(string root, LabArguments arguments, CancellationToken cancellation)
    {
        var state = LabStateFile.ReadLive(new LabPaths(root, arguments.Name).StateFile);
        if (state is not { Phase: LabPhase.Up })
        {
            await Console.Error.WriteLineAsync(
                $"lightvm-lab: the lab '{arguments.Name}' is down: start it with lightvm-lab up").ConfigureAwait(false);
            return LabSsh.ConnectionFailed;
        }

        if (!File.Exists(state.ControlSocket))
        {
            // Without it ssh would connect anew, correct but seven times slower; so a failure here is not one of the command.
            await LabSsh.OpenMasterAsync(state, TimeSpan.FromSeconds(30), cancellation).ConfigureAwait(false);
        }

        // ssh takes our place: streams, signals and the exit code are its own affair, with nobody between.
        var ssh = Command.Find("ssh") ?? throw new LabException("ssh is missing: apt-get install openssh-client.");
        var shell = arguments.Command == "console";
        byte[][] words =
        [
            .. new[] { "-F", state.SshConfigFile, shell ? "-t" : "-T", LabSsh.HostAlias }.Select(Encoding.UTF8.GetBytes),
            .. shell ? Array.Empty<byte[]>() : [LabSsh.CommandText(RawArguments.Last(arguments.Remote))],
        ];
        throw new LabException($"{ssh} cannot be run: {NativeExec.Replace(ssh, words)}.");
    }
}
