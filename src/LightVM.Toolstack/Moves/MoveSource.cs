using System.Collections.Concurrent;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>The host that a guest is moved away from.</summary>
internal sealed class MoveSource(ToolstackParts parts, GuestEnds ends)
{
    /// <summary>From the last byte to the word that it is given up. The guest stands still meanwhile.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private readonly GuestSuspend _suspend = new(parts);
    private readonly MoveWriter _writer = new(parts);
    private readonly ConcurrentDictionary<Guid, MoveSession> _sessions = new();

    public bool IsSending(Guid move) => _sessions.ContainsKey(move);

    /// <summary>Sends a guest, whose gate is held; returns when it is given up.</summary>
    public async Task SendAsync(ManagedGuest guest, Guid move, string peer, IMoveSink sink, CancellationToken cancellationToken)
    {
        Life life = guest.Life!;
        using var session = new MoveSession();
        if (!_sessions.TryAdd(move, session))
        {
            throw Problems.InvalidArgument($"The move {move} is under way already.", move.ToString("D"), "Give each try an id of its own.");
        }

        try
        {
            guest.Update(record => record with { Move = Begin(move, peer) });
            parts.Records.Save(guest);
            var suspended = new StrongBox();
            try
            {
                using var off = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Off);
                Task closed = sink.Closed.ContinueWith(_ => session.CallOff(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                await _writer.RunAsync(guest, life, sink, () => SuspendAsync(guest, life, suspended, off.Token), off.Token).ConfigureAwait(false);
                await session.SentAsync().ConfigureAwait(false);
                await sink.TellAsync(new MoveProgress { Sent = true }, off.Token).ConfigureAwait(false);
                await Task.WhenAny(session.GivenUp, closed, Task.Delay(Window, off.Token)).ConfigureAwait(false);
            }
            finally
            {
                if (await session.TryKeepAsync().ConfigureAwait(false))
                {
                    await KeepAsync(guest, life, suspended.Value).ConfigureAwait(false);
                }
            }

            if (!session.GivenUp.IsCompleted)
            {
                throw MoveProblems.Lost(guest.Name);
            }
        }
        catch (OperationCanceledException)
        {
            throw MoveProblems.Lost(guest.Name);
        }
        catch (XenException e)
        {
            throw e.ErrorNumber is Errno.EPIPE or Errno.ECANCELED ? MoveProblems.Lost(guest.Name) : Problems.FromXen(e, guest.Name);
        }
        finally
        {
            _sessions.TryRemove(move, out _);
            session.End();
        }
    }

    public async Task<MoveToken> GiveUpAsync(Guid move, ManagedGuest? guest)
    {
        if (guest is not null && _sessions.TryGetValue(move, out MoveSession? session))
        {
            await session.TryGiveUpAsync(() => GiveUp(guest)).ConfigureAwait(false);
        }

        return guest is not null && MoveRules.IsGivenUp(guest.Record, move)
            ? new MoveToken { Token = guest.Record.Move!.Secret }
            : throw MoveProblems.NotFound(move);
    }

    /// <summary>Calls a sending off, and waits until the guest goes on. False: none of that id is under way.</summary>
    public async Task<bool> CallOffAsync(Guid move)
    {
        if (!_sessions.TryGetValue(move, out MoveSession? session))
        {
            return false;
        }

        session.CallOff();
        await session.Ended.ConfigureAwait(false);
        return true;
    }

    /// <summary>A guest that was given up runs elsewhere: its domain goes first, so that no crash leaves one that nobody knows.</summary>
    public void Complete(ManagedGuest guest)
    {
        if (guest.Record.DomainId is not null)
        {
            Life life = Life.From(guest.Record);
            using XenPool.Lease lease = parts.Xen.Rent();
            try
            {
                lease.Host.Destroy(life.Domain);
            }
            catch (XenException e) when (e.ErrorNumber == Errno.ESRCH)
            {
                parts.Log(LogSeverity.Warning, $"Domain {life.Domain}, from which '{guest.Name}' was moved, is gone already.");
            }
            catch (XenException e)
            {
                throw Problems.FromXen(e, guest.Name);
            }

            parts.DeviceFiles.EndLife(guest.Record, life);
        }

        parts.Records.Delete([guest]);
        parts.Resources.Release(guest);
        parts.Guests.Remove(guest);
        parts.Logs.Delete(guest.Id);
        guest.Signal();
    }

    /// <summary>A guest that was given up goes on here after all; one whose domain is gone is Stopped.</summary>
    public async Task TakeBackAsync(ManagedGuest guest)
    {
        Life? life = guest.Record.DomainId is null ? null : Life.From(guest.Record);
        if (life is null || !_suspend.IsSuspended(life))
        {
            guest.Update(record => record with { State = GuestState.Stopped, Move = null, DomainId = null, EndReason = EndReasons.Destroyed });
            parts.Records.Save(guest);
            return;
        }

        life.Started.TrySetResult(new StartOutcome(life.BeginTimestamp, null));
        guest.Update(record => record with { State = GuestState.Running, DesiredRunning = true, Move = record.Move! with { Phase = MovePhase.Sending } });
        parts.Records.Save(guest); // a crash from here on has the next lightvmd let it go on
        lock (guest.Sync)
        {
            life.SuspendAsked = true;
            guest.Life = life;
        }

        parts.Guests.EnterDomain(life.Domain, guest);
        try
        {
            parts.Resources.Publish(guest);
        }
        catch (LightVMException e)
        {
            parts.Log(LogSeverity.Error, $"The ports of '{guest.Name}' are not published: {e.Message}");
        }

        await KeepAsync(guest, life, suspended: true).ConfigureAwait(false);
    }

    private static MoveRecord Begin(Guid move, string peer) => new()
    {
        Id = move,
        Role = MoveRole.Source,
        Phase = MovePhase.Sending,
        Peer = peer,
        StartTime = DateTimeOffset.UtcNow,
        Secret = MoveProof.NewToken(),
    };

    private async Task SuspendAsync(ManagedGuest guest, Life life, StrongBox suspended, CancellationToken cancellationToken)
    {
        const int patience = 10_000; // ms
        await _suspend.SuspendAsync(guest, life, patience, cancellationToken).ConfigureAwait(false);
        suspended.Value = true;
    }

    /// <summary>The point of no return for this host: only the destination's word, or an administrator's, lets it run here again.</summary>
    private void GiveUp(ManagedGuest guest)
    {
        Life life = guest.Life!;
        guest.Update(record => record with
        {
            State = GuestState.InDoubt,
            DesiredRunning = false,
            Move = record.Move! with { Phase = MovePhase.GivenUp },
        });
        parts.Records.Save(guest);
        _ = life.BeginEnd(); // nobody else deals with its end
        lock (guest.Sync)
        {
            guest.Life = null;
        }

        parts.Guests.LeaveDomain(life.Domain, guest);
        parts.Resources.Unpublish(guest);
        GuestEnds.CancelRestart(guest);
        guest.Signal();
    }

    private async Task KeepAsync(ManagedGuest guest, Life life, bool suspended)
    {
        if (suspended)
        {
            try
            {
                await _suspend.ResumeAsync(guest, life).ConfigureAwait(false);
            }
            catch (LightVMException e)
            {
                parts.Log(LogSeverity.Error, $"'{guest.Name}' cannot go on after a move that was called off: {e.Message}");
                ends.Handle(guest, life, EndReasons.Suspend, exists: true);
            }
        }

        guest.Update(record => record with { Move = null });
        parts.Records.Save(guest);
    }

    private sealed class StrongBox
    {
        public bool Value { get; set; }
    }
}
