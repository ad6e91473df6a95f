using System.Diagnostics;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>Brings guests to life. The caller holds the guest's gate. A start that fails leaves no domain.</summary>
internal sealed class GuestStarter(ToolstackParts parts)
{
    /// <summary>
    /// How long a claim looks at the guest's own word before it sleeps until lightvm-io tells it: some times what a unikernel
    /// takes to boot. With one CPU it would keep the guest from running.
    /// </summary>
    private static readonly TimeSpan LookPatience = Environment.ProcessorCount > 1 ? TimeSpan.FromMilliseconds(2) : TimeSpan.Zero;

    private readonly PhaseTimings<StartPhase> _timings = new("starts", parts.Options.Log, every: 25);
    private readonly PhaseTimings<StartPhase> _claimTimings = new("claims", parts.Options.Log, every: 25);

    /// <summary>Makes the domains.</summary>
    public DomainMaker Domains { get; } = new(parts);

    /// <summary>Starts one guest, on this thread up to the wait for its first event. Nothing is saved.</summary>
    /// <exception cref="LightVMException">It is not running.</exception>
    /// <param name="meanwhile">Called with what its record is going to be, but for the time that it took, if there is time while it boots.</param>
    public async Task StartAsync(ManagedGuest guest, StartClock clock, Action<GuestRecord>? meanwhile = null)
    {
        Require(guest);
        await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
        using ShellPool.Activity activity = parts.Shells.Begin();
        Life life;
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            life = Begin(guest, lease.Host, clock, guest.Record.Memory, LookPatience);
        }

        if (guest.Shell is { } shell)
        {
            meanwhile?.Invoke(Running(guest.Record, life, null, shell.ConsoleIndex is not null));
            if (shell.Pages.Runs(LookPatience))
            {
                life.Started.TrySetResult(new StartOutcome(Stopwatch.GetTimestamp(), null));
            }
        }

        await FinishAsync(guest, life, clock).ConfigureAwait(false);
    }

    /// <summary>The first half: builds, has it attached, lets it run.</summary>
    /// <param name="wished">Bytes that this and the next guests of the same request need.</param>
    /// <param name="patience">How long to look for the sign of life of one that is built; zero: once.</param>
    public Life Begin(ManagedGuest guest, XenHost xen, StartClock clock, long wished, TimeSpan patience)
    {
        Require(guest);
        guest.Update(record => record with { State = GuestState.Starting });
        Life? life = null;
        try
        {
            using OpenDisks disks = parts.Disks.OpenAll(guest);
            if (guest.Record.Adapters.Count > 0)
            {
                parts.Networks.WaitForRules();
            }

            parts.Resources.Publish(guest);
            if (guest.Record.Confirmed)
            {
                guest.Shell = TakeShell(guest.Record); // a creation has looked for one already
            }

            clock.Mark(StartPhase.Prepare);
            if (guest.Shell is { } shell)
            {
                life = shell.Life;
                LaunchShell(guest, shell, disks, xen, clock);
                return life;
            }

            GuestLayout layout = Domains.Build(guest.Record, xen, wished, seeded => Attach(guest, ref life, seeded, clock));
            if (life is null)
            {
                Attach(guest, ref life, layout, clock);
            }

            clock.Mark(StartPhase.Build);
            parts.Plane.Run(guest, life!, disks, () => xen.Unpause(life!.Domain));
            clock.Mark(StartPhase.Unpause);
            if (xen.Runs(life!.Domain, patience))
            {
                life.Started.TrySetResult(new StartOutcome(Stopwatch.GetTimestamp(), null));
            }

            return life;
        }
        catch (Exception e)
        {
            if (life is not null)
            {
                _ = parts.Plane.BeginDetach(guest, life);
                Destroy(guest, life, xen);
                ReleaseShell(guest);
            }
            else if (guest.Shell is { } untouched && untouched.Id != guest.Id)
            {
                guest.Shell = null;
                parts.Shells.GiveBack(untouched);
            }

            parts.Resources.Unpublish(guest);
            guest.Update(record => record with { State = GuestState.Stopped, DomainId = null });
            if (e is XenException xenFailure)
            {
                throw Problems.FromXen(xenFailure, guest.Name);
            }

            throw;
        }
    }

    /// <summary>The second half: waits for the first event, and until lightvm-io holds it. Its record says Running then.</summary>
    public async Task FinishAsync(ManagedGuest guest, Life life, StartClock clock)
    {
        StartOutcome outcome = await FirstEventAsync(guest, life).ConfigureAwait(false);
        if (outcome.Failure is null &&
            (await AttachedAsync(guest, life).ConfigureAwait(false) ?? await DevicesAsync(guest, life).ConfigureAwait(false)) is { } failure)
        {
            outcome = new StartOutcome(0, failure);
        }

        bool isClone = guest.Shell is { ConsoleIndex: not null };
        bool isClaim = ReleaseShell(guest);
        if (outcome.Failure is not null)
        {
            await DestroyAsync(guest, life).ConfigureAwait(false);
            guest.Update(record => record with { State = GuestState.Stopped, DomainId = null });
            throw outcome.Failure;
        }

        clock.Mark(StartPhase.FirstEvent, outcome.FirstEventTimestamp);
        clock.Mark(StartPhase.Wake);
        (isClaim ? _claimTimings : _timings).Add(clock.Phases);
        TimeSpan startup = Stopwatch.GetElapsedTime(clock.Begin, outcome.FirstEventTimestamp);
        (isClaim ? parts.PoolStarts : parts.ColdStarts).Add(startup);
        guest.Update(record => Running(record, life, startup, isClone));
    }

    /// <summary>Waits for the first event of a life that runs, or for what comes in its place.</summary>
    public async Task<StartOutcome> FirstEventAsync(ManagedGuest guest, Life life)
    {
        if (life.Started.Task.IsCompleted)
        {
            return life.Started.Task.Result;
        }

        bool linux = life.StoreEventChannel != 0 || parts.Images.FindDigest(guest.Record.ImageDigest) is { IsLinux: true };
        TimeSpan limit = linux ? parts.Options.StockStartTimeout : parts.Options.StartTimeout;
        try
        {
            return await life.Started.Task.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new StartOutcome(
                0,
                parts.Plane.Connected ? Problems.StartTimeout(guest.Name, limit) : Problems.DataPlaneUnavailable(guest.Name));
        }
    }

    /// <summary>Waits until lightvm-io has all devices of a life.</summary>
    /// <exception cref="LightVMException">DataPlaneUnavailable: it has not.</exception>
    public async Task RequireDevicesAsync(ManagedGuest guest, Life life)
    {
        if (await DevicesAsync(guest, life).ConfigureAwait(false) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>The record of a guest that leads that life now.</summary>
    /// <param name="isFilled">Whether its control pages are those of what its memory was saved from.</param>
    public GuestRecord Running(GuestRecord record, Life life, TimeSpan? startupTime, bool isFilled = false) => record with
    {
        State = GuestState.Running,
        DesiredRunning = true,
        DomainId = (int)life.Domain,
        EventChannel = (int)life.EventChannel,
        ConsoleGrant = (int)life.ConsoleGrant,
        DeviceGrant = (int)life.DeviceGrant,
        ControlGrant = (int)life.ControlGrant,
        StoreEventChannel = (int)life.StoreEventChannel,
        ControlPages = isFilled ? record.ControlPages : DeviceSlots.ControlPages(record),
        BootId = parts.BootId,
        StartTime = CoarseClock.UtcNow,
        StartupTime = startupTime,
    };

    /// <summary>Ends a life: lightvm-io lets it go first (its last console output is taken then), Xen after.</summary>
    public async Task DestroyAsync(ManagedGuest guest, Life life)
    {
        await parts.Plane.DetachAsync(guest, life).ConfigureAwait(false);
        using XenPool.Lease lease = parts.Xen.Rent();
        Destroy(guest, life, lease.Host);
    }

    /// <summary>Destroys a domain that lightvm-io has let go. It may stay dying for a while; its name and memory are free.</summary>
    public void Destroy(ManagedGuest guest, Life life, XenHost xen)
    {
        try
        {
            xen.Destroy(life.Domain);
        }
        catch (XenException e)
        {
            throw Problems.FromXen(e, guest.Name);
        }

        lock (guest.Sync)
        {
            if (guest.Life == life)
            {
                guest.Life = null;
            }
        }

        parts.Guests.LeaveDomain(life.Domain, guest);
        parts.DeviceFiles.EndLife(guest.Record, life);
        parts.Resources.Unpublish(guest);
    }

    /// <summary>A shell that the guest can be made of, if there is one.</summary>
    private Shell? TakeShell(GuestRecord record) =>
        parts.Images.FindDigest(record.ImageDigest) is { } image && ShellKind.Fits(record, image) ? parts.Shells.Take(ShellKind.Of(record)) : null;

    /// <summary>The claim of a shell is over, for good or bad. False: there is none.</summary>
    public bool ReleaseShell(ManagedGuest guest)
    {
        if (guest.Shell is not { } shell)
        {
            return false;
        }

        guest.Shell = null;
        parts.Shells.Release(shell, guest);
        return true;
    }

    /// <summary>Waits until lightvm-io holds a life, which it mostly does before that says that it runs.</summary>
    /// <returns>Why it does not, or null.</returns>
    private async ValueTask<LightVMException?> AttachedAsync(ManagedGuest guest, Life life)
    {
        if (!life.AwaitsAttach)
        {
            return null;
        }

        try
        {
            LightVMException? failure = await life.Attached.Task.WaitAsync(parts.Options.StartTimeout).ConfigureAwait(false);
            life.AwaitsAttach = false;
            return failure;
        }
        catch (TimeoutException)
        {
            return Problems.DataPlaneUnavailable(guest.Name, "it does not answer");
        }
    }

    /// <summary>Waits for lightvm-io's word on each device, which has mostly come before the guest's first event.</summary>
    /// <returns>Why one of them is not there, or null.</returns>
    private async ValueTask<LightVMException?> DevicesAsync(ManagedGuest guest, Life life)
    {
        try
        {
            string? failure = await life.Devices.Told.WaitAsync(parts.Options.StartTimeout).ConfigureAwait(false);
            return failure is null
                ? null
                : new LightVMException(
                    ErrorCodes.DataPlaneUnavailable, $"Guest '{guest.Name}': {failure}.", guest.Name, "See 'journalctl -u lightvm-io' on the host.");
        }
        catch (TimeoutException)
        {
            return Problems.DataPlaneUnavailable(guest.Name, "it does not answer");
        }
    }

    /// <summary>
    /// lightvm-io is told of a guest as soon as there is something to attach, and works while the guest's building goes on and it
    /// boots. What it says of itself is looked at here: that saves its way through lightvm-io, with two threads to wake up.
    /// </summary>
    private void Attach(ManagedGuest guest, ref Life? life, in GuestLayout layout, StartClock clock)
    {
        if (life is not null)
        {
            _ = parts.Plane.BeginDetach(guest, life); // that building failed after it was attached, and this is the second
            parts.Guests.LeaveDomain(life.Domain, guest);
        }

        clock.Mark(StartPhase.Fill);
        life = Life.From(layout);
        life.AwaitsAttach = true;
        using SafeFileHandle log = OpenLog(guest, life);
        clock.Mark(StartPhase.Log);
        parts.Plane.Attach(guest, life, log);
        clock.Mark(StartPhase.Attach);
    }

    private SafeFileHandle OpenLog(ManagedGuest guest, Life life)
    {
        if (guest.PreparedLog is not { } prepared)
        {
            return parts.Logs.BeginLife(guest.Id, life.Domain);
        }

        guest.PreparedLog = null;
        ConsoleLogs.BeginFirstLife(prepared, guest.Id, life.Domain);
        return prepared;
    }

    private void LaunchShell(ManagedGuest guest, Shell shell, OpenDisks disks, XenHost xen, StartClock clock) => parts.Plane.LaunchShell(
        guest,
        shell,
        disks,
        run: () =>
        {
            DomainMaker.Claim(guest, shell, xen);
            clock.Mark(StartPhase.Unpause);
        },
        openLog: () => parts.Logs.BeginLife(guest.Id, shell.Life.Domain, shell.ConsoleIndex ?? 0),
        sent: () => clock.Mark(StartPhase.Devices));

    /// <exception cref="LightVMException">InvalidState: the host is shutting down.</exception>
    public void Require(ManagedGuest guest)
    {
        if (parts.ShuttingDown)
        {
            throw Problems.InvalidState(guest.Name, $"Guest '{guest.Name}' is not started: the host is shutting down.", "Start it after the boot.");
        }
    }
}
