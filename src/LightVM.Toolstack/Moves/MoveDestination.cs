using System.Collections.Concurrent;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>The host that a guest is moved to.</summary>
internal sealed class MoveDestination(ToolstackParts parts, GuestStarter starter, GuestRestorer restorer, MoveChecks checks)
{
    private readonly ConcurrentDictionary<Guid, IncomingMove> _incoming = new();

    public IIncomingMove Receive(Guid move, string peer, bool acceptNewAddress, bool sharedDisks)
    {
        var incoming = new IncomingMove(parts, starter, restorer, checks, new IncomingMove.Terms(move, peer, acceptNewAddress, sharedDisks), () => _incoming.TryRemove(move, out _));
        return _incoming.TryAdd(move, incoming)
            ? incoming
            : throw Problems.InvalidArgument($"The move {move} is under way already.", move.ToString("D"), "Give each try an id of its own.");
    }

    /// <summary>Has a guest that is still coming dropped. False: none of that id is.</summary>
    public async Task<bool> CallOffAsync(Guid move)
    {
        if (!_incoming.TryGetValue(move, out IncomingMove? incoming))
        {
            return false;
        }

        incoming.CallOff();
        await incoming.Ended.ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Starts a received guest: only now are its disks opened, its ports published and lightvm-io told, since all of these were the source's.
    /// A failure before it may run leaves it as it was. Its gate is held.
    /// </summary>
    public async Task StartAsync(ManagedGuest guest)
    {
        starter.Require(guest);
        await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
        Life life = Life.From(guest.Record);
        try
        {
            await Task.Run(() => Attach(guest, life)).ConfigureAwait(false);
            await starter.RequireDevicesAsync(guest, life).ConfigureAwait(false);
            guest.Update(record => starter.Running(record, life, startupTime: null, isFilled: true) with
            {
                Move = record.Move! with { Phase = MovePhase.Starting },
                StartTime = DateTimeOffset.UtcNow,
            });
            parts.Records.Save(guest);
        }
        catch
        {
            await parts.Plane.DetachAsync(guest, life).ConfigureAwait(false);
            lock (guest.Sync)
            {
                guest.Life = null;
            }

            parts.Guests.LeaveDomain(life.Domain, guest);
            throw;
        }

        Run(guest, life);
        StartOutcome outcome = await starter.FirstEventAsync(guest, life).ConfigureAwait(false);
        if (outcome.Failure is { } failure)
        {
            // It has run: whatever becomes of it is as with any guest, and no reason to have it run elsewhere.
            parts.Event(EventKinds.GuestFault, guest, $"After its move: {failure.Message}", Actors.Daemon);
        }
    }

    /// <summary>Lets run what a crash has left between the record that says so and that.</summary>
    public void Complete(ManagedGuest guest, bool paused)
    {
        if (guest.Record.Move is { Phase: MovePhase.Starting } && guest.Life is { } life)
        {
            if (paused)
            {
                Run(guest, life);
            }
            else
            {
                SetStarted(guest);
            }
        }
    }

    /// <summary>A received guest is not wanted: its domain goes first, so that no crash leaves one that nobody knows. Its gate is held.</summary>
    public void Drop(ManagedGuest guest)
    {
        if (guest.Record.DomainId is { } domain)
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            try
            {
                lease.Host.Destroy((uint)domain);
            }
            catch (XenException e) when (e.ErrorNumber == Errno.ESRCH)
            {
                parts.Log(LogSeverity.Warning, $"Domain {domain} of '{guest.Name}', which is dropped, is gone already.");
            }
            catch (XenException e)
            {
                throw Problems.FromXen(e, guest.Name);
            }
        }

        IncomingMove.Forget(parts, guest);
    }

    private void Attach(ManagedGuest guest, Life life)
    {
        using OpenDisks disks = parts.Disks.OpenAll(guest);
        if (guest.Record.Adapters.Count > 0)
        {
            parts.Networks.WaitForRules();
        }

        parts.Resources.Publish(guest);
        parts.Plane.LaunchRestored(guest, life, disks, () => parts.Logs.Reopen(guest.Id));
    }

    private void Run(ManagedGuest guest, Life life)
    {
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            lease.Host.Unpause(life.Domain);
        }

        SetStarted(guest);
    }

    private void SetStarted(ManagedGuest guest)
    {
        guest.Update(record => record with { Move = record.Move! with { Phase = MovePhase.Started } });
        parts.Records.Save(guest);
    }
}
