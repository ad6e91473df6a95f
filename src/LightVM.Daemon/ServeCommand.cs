using System.Reflection;
using System.Runtime.InteropServices;
using LightVM.Daemon.Endpoints;
using LightVM.Daemon.Events;
using LightVM.Daemon.Store;
using LightVM.Toolstack;
using Microsoft.AspNetCore.Builder;

namespace LightVM.Daemon;

/// <summary><c>lightvmd serve</c>: the daemon. It answers when every guest is adopted, and not before.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(3);

    public static string Version =>
        typeof(ServeCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Returns the exit code.</summary>
    public static async Task<int> RunAsync(DaemonPaths paths)
    {
        var log = new DaemonLog();
        try
        {
            await ServeAsync(paths, log).ConfigureAwait(false);
            return 0;
        }
        catch (LightVMException e)
        {
            log.Write(LogSeverity.Error, $"lightvmd: {e.Problem.Code}: {e.Problem.Detail} {e.Problem.Recommendation}".TrimEnd());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Write(LogSeverity.Error, $"lightvmd: {e.Message}");
        }

        return 1;
    }

    private static async Task ServeAsync(DaemonPaths paths, DaemonLog log)
    {
        RequireDom0();
        Directory.CreateDirectory(paths.RunDirectory);
        Directory.CreateDirectory(paths.StateDirectory);
        using FileStream held = TakeLock(paths);
        using SystemdNotifier systemd = SystemdNotifier.FromEnvironment();
        using var stopping = new CancellationTokenSource();
        using PosixSignalRegistration term = StopOn(PosixSignal.SIGTERM, stopping);
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, stopping);

        using var store = new StateStore(paths.RunDirectory, paths.Database, log.Write);
        var events = new EventLog(store);
        var options = new ToolstackOptions
        {
            RunDirectory = paths.RunDirectory,
            StateDirectory = paths.StateDirectory,
            DataPlaneSocket = Path.Combine(paths.RunDirectory, "io.sock"),
            DomainEvents = Environment.GetEnvironmentVariable("LIGHTVM_DOMAIN_EVENTS") != "0",
            Version = Version,
            Log = log.Write,
        };
        var images = new ImageStore(Path.Combine(paths.StateDirectory, "images"));
        var fleets = new FleetRegistry(store, events);
        images.IsKept = fleets.NeedsImage;
        using NetworkManager networks = NetworkManager.OnHost(options, store, events);
        var guests = new GuestManager(options, store, store, events, images, networks);
        // Adoption waits for Xen, Kestrel's set-up for nobody: they go side by side.
        Task adopted = guests.StartAsync(stopping.Token);
        var services = new DaemonServices
        {
            Guests = new ToolstackGuests(guests),
            Moves = guests.Moves,
            Images = images,
            Networks = networks,
            Fleets = fleets,
            Store = store,
            Events = events,
            Log = log.Write,
            Stopping = stopping.Token,
        };
        await using WebApplication app = DaemonApp.Build(paths, log, services.Map);
        await adopted.ConfigureAwait(false);
        await app.StartAsync(CancellationToken.None).ConfigureAwait(false);
        Host host = guests.HostInfo();
        events.Append("DaemonStarted", null, null, $"lightvmd {Version} serves {host.GuestCount} guests.", "daemon");
        systemd.Ready($"{host.GuestCount} guests at start");
        log.Write(LogSeverity.Information, $"lightvmd {Version} serves {host.GuestCount} guests on Xen {host.XenVersion}: {paths.Socket}");

        await Task.Delay(Timeout.Infinite, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        systemd.Stopping();
        events.Append("DaemonStopping", null, null, "lightvmd stops; guests go on.", "daemon");
        await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await guests.DisposeAsync().AsTask().WaitAsync(CloseTime).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nothing is lost by leaving: whoever comes next adopts the guests, as after a crash.
            log.Write(LogSeverity.Warning, "The toolstack did not close in time; lightvmd ends without it.");
        }
    }

    /// <exception cref="LightVMException">XenError.</exception>
    private static void RequireDom0()
    {
        const string Capabilities = "/proc/xen/capabilities";
        string capabilities = File.Exists(Capabilities) ? File.ReadAllText(Capabilities) : "";
        if (!capabilities.Contains("control_d", StringComparison.Ordinal))
        {
            throw new LightVMException(
                ErrorCodes.XenError,
                "This machine is no Xen dom0, or xenfs is not mounted at /proc/xen.",
                recommendation: "Boot the host with Xen; then `mount -t xenfs xenfs /proc/xen`. To try it anywhere: Start-LightVMLab.");
        }
    }

    private static FileStream TakeLock(DaemonPaths paths)
    {
        try
        {
            return new FileStream(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(paths.Lock))
        {
            throw new LightVMException(
                ErrorCodes.InvalidState,
                $"Another lightvmd holds {paths.Lock}.",
                paths.Lock,
                "There is one per host: `systemctl status lightvmd`.",
                e);
        }
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stopping) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
}
