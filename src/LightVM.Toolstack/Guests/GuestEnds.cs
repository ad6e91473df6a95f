using System.Globalization;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>What happens when a life ends by itself: last console output, onCrash, destruction, restart policy.</summary>
internal sealed class GuestEnds(ToolstackParts parts, GuestStarter starter, CancellationToken stop)
{
    /// <summary>Deals with an end, once, in the background.</summary>
    /// <param name="reason">One of <see cref="EndReasons"/>.</param>
    /// <param name="exists">Whether the domain still exists.</param>
    public void Handle(ManagedGuest guest, Life life, string reason, bool exists)
    {
        if (life.BeginEnd())
        {
            Background(HandleAsync(guest, life, reason, exists), guest);
        }
    }

    /// <summary>Lets a suspended guest go on, if it is none that is being saved. Called with its gate held. Set once, before anything is started.</summary>
    public Func<ManagedGuest, Life, Task> GoOn { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>A guest has suspended itself as it was asked to: once nobody saves it any more, and it is still so, it goes on.</summary>
    public void HandleSuspend(ManagedGuest guest, Life life)
    {
        if (life.BeginGoingOn())
        {
            Background(GoOnAsync(guest, life), guest);
        }
    }

    /// <summary>As <see cref="Handle"/>, for a life whose end a starting daemon has found and claimed.</summary>
    public void HandleFound(ManagedGuest guest, Life life, string reason) =>
        Background(HandleAsync(guest, life, reason, exists: true), guest);

    /// <summary>For a guest whose domain went while no daemon was there: how, nobody knows.</summary>
    public void HandleGone(ManagedGuest guest) => Apply(guest, EndReasons.Destroyed, stopRequested: false, preserved: false, "Its domain is gone");

    /// <summary>Calls a planned restart off. The caller holds the gate, or the guest's start is not wanted any more.</summary>
    public static void CancelRestart(ManagedGuest guest)
    {
        lock (guest.Sync)
        {
            guest.RestartTicket++;
            guest.RestartPending = false;
        }
    }

    /// <summary>Plans a start by policy.</summary>
    public void PlanRestart(ManagedGuest guest, RestartDecision decision)
    {
        int ticket;
        lock (guest.Sync)
        {
            ticket = ++guest.RestartTicket;
            guest.RestartPending = true;
        }

        TimeSpan delay = RestartRules.Delay(decision, guest.ShortLives);
        Background(RestartAsync(guest, ticket, decision, delay), guest);
    }

    private async Task GoOnAsync(ManagedGuest guest, Life life)
    {
        await guest.Gate.WaitAsync(stop).ConfigureAwait(false); // whoever saves it holds it
        try
        {
            await GoOn(guest, life).ConfigureAwait(false);
        }
        finally
        {
            life.EndGoingOn();
            guest.Gate.Release();
        }
    }

    private async Task HandleAsync(ManagedGuest guest, Life life, string reason, bool exists)
    {
        await parts.Plane.DetachAsync(guest, life).ConfigureAwait(false);
        life.Started.TrySetResult(new StartOutcome(0, Problems.EndedAtStart(guest.Name, reason)));
        await guest.Gate.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            if (guest.Life == life)
            {
                End(guest, life, reason, exists);
            }
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    private void End(ManagedGuest guest, Life life, string reason, bool exists)
    {
        GuestRecord record = guest.Record;
        bool crashed = reason == EndReasons.Crash;
        bool preserved = crashed && exists && record.OnCrash == CrashAction.Preserve;
        string message = crashed ? "It crashed" : $"It ended: {reason}";
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            if (crashed && exists && record.OnCrash == CrashAction.Dump)
            {
                message += Dump(guest, life, lease.Host);
            }

            if (!preserved)
            {
                starter.Destroy(guest, life, lease.Host);
            }
        }

        Apply(guest, reason, life.StopRequested, preserved, message);
    }

    /// <summary>Its record after an end, and what follows by policy.</summary>
    private void Apply(ManagedGuest guest, string reason, bool stopRequested, bool preserved, string message)
    {
        GuestRecord record = guest.Record;
        bool crashed = reason == EndReasons.Crash;
        RestartDecision decision = parts.ShuttingDown
            ? RestartDecision.Rest
            : RestartRules.Decide(record.RestartPolicy, record.OnCrash, reason, RestartRules.IsStop(reason, stopRequested, record.DesiredRunning));
        bool again = decision != RestartDecision.Rest;
        bool settled = record.StartTime is { } start && DateTimeOffset.UtcNow - start >= RestartRules.Settled;
        guest.ShortLives = settled ? 1 : guest.ShortLives + 1;
        if (again)
        {
            PlanRestart(guest, decision);
        }

        guest.Update(r => r with
        {
            State = crashed ? GuestState.Crashed : GuestState.Stopped,
            DomainId = preserved ? r.DomainId : null,
            EndReason = parts.ShuttingDown && !crashed ? EndReasons.HostReboot : reason,
            DesiredRunning = again || (parts.ShuttingDown && r.DesiredRunning),
        });
        parts.Records.Save(guest);
        string kind = crashed ? EventKinds.GuestCrashed : EventKinds.GuestStopped;
        parts.Event(kind, guest, message + (preserved ? "; its domain is preserved." : again ? "; it is started again." : "."), Actors.Daemon);
    }

    private string Dump(ManagedGuest guest, Life life, XenHost xen)
    {
        string directory = Path.Combine(parts.Options.StateDirectory, "dumps");
        string time = DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string path = Path.Combine(directory, $"{guest.Name}-{time}.core");
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
            xen.Dump(life.Domain, file);
            return $"; its memory is in '{path}'";
        }
        catch (Exception e) when (e is XenException or IOException or UnauthorizedAccessException)
        {
            parts.Log(LogSeverity.Error, $"The memory of '{guest.Name}' could not be written to '{path}': {e.Message}");
            return $"; its memory could not be written to '{path}' ({e.Message})";
        }
    }

    private async Task RestartAsync(ManagedGuest guest, int ticket, RestartDecision decision, TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, stop).ConfigureAwait(false);
        }

        await guest.Gate.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            if (!guest.Removed && guest.RestartTicket == ticket && !parts.ShuttingDown)
            {
                await RestartHeldAsync(guest, decision).ConfigureAwait(false);
            }
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    private async Task RestartHeldAsync(ManagedGuest guest, RestartDecision decision)
    {
        if (decision == RestartDecision.BackOff && guest.Record.RestartPolicy == RestartPolicy.Never)
        {
            // Its policy was changed while it waited.
            CancelRestart(guest);
            guest.Update(record => record with { DesiredRunning = false });
            parts.Records.Save(guest);
            return;
        }

        parts.Event(EventKinds.GuestRestarting, guest, $"It is started again after: {guest.Record.EndReason}.", Actors.Daemon);
        GuestState before = guest.Record.State;
        try
        {
            await starter.StartAsync(guest, new StartClock(System.Diagnostics.Stopwatch.GetTimestamp())).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            parts.Log(LogSeverity.Warning, $"'{guest.Name}' could not be started again: {e.Message}");
            parts.Event(EventKinds.GuestFault, guest, $"It could not be started again: {e.Message}", Actors.Daemon);
            guest.ShortLives++;
            guest.Update(record => record with { State = before });
            PlanRestart(guest, RestartDecision.BackOff);
            return;
        }

        CancelRestart(guest);
        guest.Update(record => record with { RestartCount = record.RestartCount + 1 });
        parts.Records.Save(guest);
        parts.Event(EventKinds.GuestStarted, guest, "It runs again.", Actors.Daemon);
    }

    private void Background(Task task, ManagedGuest guest) => task.ContinueWith(
        t =>
        {
            if (t.Exception?.InnerException is { } e and not OperationCanceledException)
            {
                parts.Log(LogSeverity.Error, $"The end of '{guest.Name}' could not be dealt with: {e}");
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.NotOnRanToCompletion,
        TaskScheduler.Default);
}
