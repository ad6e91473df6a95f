using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Ends guests on request: by asking them, or at once.</summary>
internal sealed class GuestStop(ToolstackParts parts, GuestStarter starter)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);
    private readonly GuestDrain _drain = new(parts);

    /// <summary>
    /// Takes a guest out of the ports that it shares and waits for their connections, then asks it to power off and waits. The gate is
    /// held for the asking only: what comes next (a removal, say) need not wait for the guest.
    /// </summary>
    public async Task StopAsync(ActionTarget target, int timeoutMs, bool force, string actor, CancellationToken cancellationToken)
    {
        ManagedGuest guest = target.Guest!;
        long begin = Stopwatch.GetTimestamp();
        try
        {
            await _drain.RunAsync(guest, cancellationToken).ConfigureAwait(false);
            begin = Stopwatch.GetTimestamp();
            await GuestGate.EnterAsync(guest, target.Target).ConfigureAwait(false);
            Life? asked;
            try
            {
                asked = await AskHeldAsync(target, timeoutMs, begin, actor, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                guest.Gate.Release();
            }

            if (asked is null)
            {
                return;
            }

            if (await WaitForEndAsync(guest, asked, timeoutMs, begin, cancellationToken).ConfigureAwait(false))
            {
                await GuestGate.PassAsync(guest).ConfigureAwait(false); // its end is saved and told before it is let go
            }
            else
            {
                await AfterTimeoutAsync(target, asked, timeoutMs, force, actor).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is LightVMException or XenException or OperationCanceledException)
        {
            target.Problem = Problems.From(e, target.Target);
            _drain.End(guest);
        }
    }

    /// <summary>Destroys guests at once and, if asked to, forgets them. Gates are held; each is released here.</summary>
    public async Task EndHeldAsync(List<ActionTarget> held, bool remove, string actor, Counter counter)
    {
        try
        {
            foreach (ActionTarget target in held)
            {
                GuestEnds.CancelRestart(target.Guest!);
                target.Changed = remove || target.Guest!.Life is not null || target.Guest.Record.DesiredRunning ||
                    target.Guest.Record.State != GuestState.Stopped;
                target.SavedIn = target.Guest!.Record.Checkpoint;
                target.Guest.Update(record => record with { DesiredRunning = false });
            }

            if (!remove)
            {
                // What is to be off stays off, also if a crash of the daemon comes between.
                parts.Records.Save([.. held.Where(target => target.Changed).Select(target => target.Guest!)]);
            }

            List<Task> detached = [.. held.Select(target =>
                target.Guest!.Life is { } life ? parts.Plane.DetachAsync(target.Guest, life) : Task.CompletedTask)];
            for (int i = 0; i < held.Count; i++)
            {
                await detached[i].ConfigureAwait(false);
                DestroyHeld(held[i], remove);
                counter.Add();
            }

            List<ActionTarget> done = [.. held.Where(target => target.Problem is null && target.Changed)];
            if (remove)
            {
                Forget(done);
            }
            else
            {
                parts.Records.Save([.. done.Select(target => target.Guest!)]);
            }

            foreach (ActionTarget target in done)
            {
                parts.Checkpoints.LetGo(target.SavedIn); // the records do not speak of it any more
                string kind = remove ? EventKinds.GuestRemoved : EventKinds.GuestStopped;
                parts.Event(kind, target.Guest!, remove ? "It was removed." : "It was turned off.", actor);
            }
        }
        finally
        {
            foreach (ActionTarget target in held)
            {
                target.Guest!.Gate.Release();
                target.Guest.Signal();
            }
        }
    }

    private void DestroyHeld(ActionTarget target, bool remove)
    {
        ManagedGuest guest = target.Guest!;
        if (guest.Life is { } life)
        {
            try
            {
                using XenPool.Lease lease = parts.Xen.Rent();
                starter.Destroy(guest, life, lease.Host);
            }
            catch (LightVMException e)
            {
                target.Problem = e.Problem;
                return;
            }

            guest.Update(record => record with { State = GuestState.Stopped, DomainId = null, EndReason = EndReasons.Destroyed });
        }
        else if (!remove && guest.Record.State != GuestState.Stopped)
        {
            guest.Update(record => record with { State = GuestState.Stopped, Checkpoint = null });
        }
    }

    private void Forget(List<ActionTarget> targets)
    {
        parts.Records.Delete([.. targets.Select(target => target.Guest!)]);
        foreach (ActionTarget target in targets)
        {
            target.Removed = true;
            parts.Resources.Release(target.Guest!);
            parts.Guests.Remove(target.Guest!);
            parts.Logs.Delete(target.Guest!.Id);
        }
    }

    /// <summary>Ends it at once where there is nothing to ask; else asks.</summary>
    /// <returns>The life that was asked, or null: nothing is to be waited for.</returns>
    private async Task<Life?> AskHeldAsync(ActionTarget target, int timeoutMs, long begin, string actor, CancellationToken cancellationToken)
    {
        ManagedGuest guest = target.Guest!;
        GuestRecord record = guest.Record;
        bool obeys = parts.Images.FindDigest(record.ImageDigest)?.Public.ShutdownHandler ?? true;
        if (guest.Life is not { } life || record.State is not (GuestState.Running or GuestState.Paused) || !obeys)
        {
            await EndOneHeldAsync(target, actor).ConfigureAwait(false);
            return null;
        }

        target.Changed = true;
        GuestEnds.CancelRestart(guest);
        lock (guest.Sync)
        {
            life.StopRequested = true;
        }

        if (record.State == GuestState.Paused)
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            lease.Host.Unpause(life.Domain); // a paused guest obeys nobody
            guest.Update(r => r with { State = GuestState.Running });
        }

        guest.Update(r => r with { DesiredRunning = false });
        parts.Records.Save(guest);
        try
        {
            if (await AskAsync(guest, life, timeoutMs, begin, cancellationToken).ConfigureAwait(false))
            {
                return life;
            }
        }
        catch
        {
            // Nobody has asked it: it goes on, and is to, also if this host starts again.
            lock (guest.Sync)
            {
                life.StopRequested = false;
            }

            guest.Update(r => r with { DesiredRunning = record.DesiredRunning });
            parts.Records.Save(guest);
            throw;
        }

        await EndOneHeldAsync(target, actor).ConfigureAwait(false); // it is up, and says that it does not obey
        return null;
    }

    /// <summary>As <see cref="EndHeldAsync"/> for one, whose gate its caller releases.</summary>
    private async Task EndOneHeldAsync(ActionTarget target, string actor)
    {
        await EndHeldAsync([target], remove: false, actor, new Counter(null)).ConfigureAwait(false);
        await target.Guest!.Gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Puts the request to the guest. False: it does not obey such requests.</summary>
    private async Task<bool> AskAsync(ManagedGuest guest, Life life, int timeoutMs, long begin, CancellationToken cancellationToken)
    {
        while (true)
        {
            await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
            IoResult result = await parts.Plane.ShutdownAsync(guest, life, ShutdownReason.PowerOff).ConfigureAwait(false);
            if (result.Succeeded)
            {
                return true;
            }

            if (result is { Answered: true, ErrorNumber: Errno.EOPNOTSUPP })
            {
                return false;
            }

            if (result is { Answered: true, ErrorNumber: Errno.ENOENT } && !life.WantsAttached)
            {
                return true; // it ends by itself right now, which waits for the gate that we hold
            }

            // lightvm-io went away, or has just come back and is told of this guest right now.
            if (Stopwatch.GetElapsedTime(begin).TotalMilliseconds >= timeoutMs)
            {
                throw Problems.DataPlaneUnavailable(guest.Name, result.Answered ? $"errno {result.ErrorNumber} at '{result.Step}'" : null);
            }

            await Task.Delay(RetryInterval, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> WaitForEndAsync(
        ManagedGuest guest, Life asked, int timeoutMs, long begin, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = guest.Changed();
            if (guest.Removed || guest.Record.DomainId != (int)asked.Domain)
            {
                return true;
            }

            double left = timeoutMs - Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            if (left <= 0)
            {
                return false;
            }

            await Task.WhenAny(changed, Task.Delay(TimeSpan.FromMilliseconds(left), cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task AfterTimeoutAsync(ActionTarget target, Life asked, int timeoutMs, bool force, string actor)
    {
        ManagedGuest guest = target.Guest!;
        await GuestGate.EnterAsync(guest, target.Target).ConfigureAwait(false);
        bool ended = guest.Life != asked;
        if (ended)
        {
            guest.Gate.Release(); // in the last moment
        }
        else if (force)
        {
            await EndHeldAsync([target], remove: false, actor, new Counter(null)).ConfigureAwait(false);
        }
        else
        {
            guest.Update(record => record with { DesiredRunning = true });
            parts.Records.Save(guest);
            guest.Gate.Release();
            throw Problems.StopTimeout(guest.Name, timeoutMs);
        }
    }
}
