using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What is done to guests on request, to many at once: finds them, takes their gates, gives each a result.</summary>
internal sealed class GuestActions(ToolstackParts parts, GuestStarter starter, GuestRestorer restorer)
{
    private const int Window = 64;
    private const int LongestTimeout = 86_400_000; // ms, a day
    private readonly GuestStop _stop = new(parts, starter);
    private readonly GuestPause _pause = new(parts);

    public async Task<IReadOnlyList<GuestResult>> ActAsync(
        GuestActionRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        if (request.TimeoutMs is < 0 or > LongestTimeout)
        {
            throw Problems.InvalidArgument($"A time-out of {request.TimeoutMs} ms is not possible.", null, "Give it from 0 ms to a day.");
        }

        List<ActionTarget> all = ActionTarget.Resolve(parts.Guests, request.Ids, request.Names);
        var byGuest = new Dictionary<Guid, ActionTarget>();
        foreach (ActionTarget target in all)
        {
            if (target.Guest is { } guest)
            {
                byGuest.TryAdd(guest.Id, target); // one that is named twice is acted on once
            }
        }

        var counter = new Counter(progress);
        await RunAsync(request, [.. byGuest.Values], actor, counter, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = CoarseClock.UtcNow;
        return [.. all.Select(target => target.Guest is { } guest ? Named(byGuest[guest.Id].ToResult(now), target.Target) : target.ToResult(now))];
    }

    /// <summary>Starts guests that rest, in a pipeline; others are left as they are.</summary>
    public Task StartAsync(List<ActionTarget> targets, string actor, Counter counter, CancellationToken cancellationToken) =>
        ForAllAsync(targets, (held, token) => StartHeldAsync(held, actor, counter, token), counter, cancellationToken);

    private static GuestResult Named(GuestResult result, string target) => new()
    {
        Target = target,
        Guest = result.Guest,
        Problem = result.Problem,
        Changed = result.Changed,
    };

    private Task RunAsync(
        GuestActionRequest request, List<ActionTarget> targets, string actor, Counter counter, CancellationToken cancellationToken)
    {
        switch (request.Action)
        {
            case GuestAction.Start:
                return StartAsync(targets, actor, counter, cancellationToken);
            case GuestAction.Stop:
                return StopAsync(targets, request, actor, counter, cancellationToken);
            case GuestAction.Restart:
                return RestartAsync(targets, request, actor, counter, cancellationToken);
            case GuestAction.TurnOff:
            case GuestAction.Remove:
                bool remove = request.Action == GuestAction.Remove;
                return ForAllAsync(targets, (held, _) => _stop.EndHeldAsync(held, remove, actor, counter), counter, cancellationToken);
            case GuestAction.Pause:
            case GuestAction.Resume:
                bool pause = request.Action == GuestAction.Pause;
                return ForAllAsync(targets, (held, _) => _pause.RunHeldAsync(held, pause, actor, counter), counter, cancellationToken);
            default:
                throw Problems.InvalidArgument($"There is no action '{request.Action}'.", null, "See docs/api.md.");
        }
    }

    /// <summary>
    /// Works on all whose gates are free at once, then on each of the others as its gate becomes free. So no one waits for a
    /// gate who holds one.
    /// </summary>
    private static async Task ForAllAsync(
        List<ActionTarget> targets, Func<List<ActionTarget>, CancellationToken, Task> work, Counter counter, CancellationToken cancellationToken)
    {
        var held = new List<ActionTarget>(targets.Count);
        var busy = new List<ActionTarget>();
        foreach (ActionTarget target in targets)
        {
            try
            {
                (GuestGate.TryEnter(target.Guest!, target.Target) ? held : busy).Add(target);
            }
            catch (LightVMException e)
            {
                target.Problem = e.Problem;
                counter.Add();
            }
        }

        if (held.Count > 0)
        {
            await work(held, cancellationToken).ConfigureAwait(false);
        }

        await Task.WhenAll(busy.Select(async target =>
        {
            try
            {
                await GuestGate.EnterAsync(target.Guest!, target.Target).ConfigureAwait(false);
            }
            catch (LightVMException e)
            {
                target.Problem = e.Problem;
                counter.Add();
                return;
            }

            await work([target], cancellationToken).ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    /// <summary>Gates are held; each is released here.</summary>
    private async Task StartHeldAsync(List<ActionTarget> held, string actor, Counter counter, CancellationToken cancellationToken)
    {
        var starting = new List<ActionTarget>(held.Count);
        foreach (ActionTarget target in held)
        {
            if (target.Guest!.Record.State == GuestState.Saved)
            {
                await RestoreHeldAsync(target, actor).ConfigureAwait(false);
                counter.Add();
            }
            else if (await ReadyAsync(target).ConfigureAwait(false))
            {
                starting.Add(target);
            }
            else
            {
                target.Guest!.Gate.Release();
                counter.Add();
            }
        }

        try
        {
            await new StartBatch(parts, starter, Window).RunAsync(
                [.. starting.Select(target => target.Guest!)],
                (i, failure) => starting[i].Problem = failure is null ? null : Problems.From(failure, starting[i].Target),
                counter,
                cancellationToken).ConfigureAwait(false);
            foreach (ActionTarget target in starting.Where(target => target.Problem is null))
            {
                target.Changed = true;
                target.Guest!.Update(record => record with { RestartCount = 0 });
                parts.Event(EventKinds.GuestStarted, target.Guest, "It was started.", actor);
            }

            parts.Records.Save([.. starting.Select(target => target.Guest!)]);
        }
        finally
        {
            starting.ForEach(target => target.Guest!.Gate.Release());
        }
    }

    /// <summary>A saved guest goes on where it was saved. Its gate is held, and released here.</summary>
    private async Task RestoreHeldAsync(ActionTarget target, string actor)
    {
        ManagedGuest guest = target.Guest!;
        try
        {
            StoredCheckpoint stored = parts.Checkpoints.FindStem(guest.Record.Checkpoint)
                ?? throw CheckpointProblems.NotFound(StoredCheckpoint.NameOf(guest.Record.Checkpoint) ?? "");
            await restorer.RestoreAsync(
                guest, stored, force: false, new StartClock(System.Diagnostics.Stopwatch.GetTimestamp()), progress: null).ConfigureAwait(false);
            target.Changed = true;
            parts.Event(EventKinds.GuestRestored, guest, $"It goes on from checkpoint '{stored.Name}'.", actor);
        }
        catch (Exception e) when (e is LightVMException or Native.XenException)
        {
            target.Problem = Problems.From(e, target.Target);
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    /// <summary>Whether it is to be started; a crashed domain that was preserved goes first.</summary>
    private async Task<bool> ReadyAsync(ActionTarget target)
    {
        ManagedGuest guest = target.Guest!;
        switch (guest.Record.State)
        {
            case GuestState.Running:
            case GuestState.Starting:
                return false;
            case GuestState.Paused:
                target.Problem = Problems.InvalidState(guest.Name, $"Guest '{guest.Name}' is paused.", "Resume it with Resume-LightVM.").Problem;
                return false;
            default:
                GuestEnds.CancelRestart(guest);
                guest.ShortLives = 0;
                try
                {
                    if (guest.Life is { } life)
                    {
                        await starter.DestroyAsync(guest, life).ConfigureAwait(false);
                    }

                    return true;
                }
                catch (LightVMException e)
                {
                    target.Problem = e.Problem;
                    return false;
                }
        }
    }

    private async Task StopAsync(
        List<ActionTarget> targets, GuestActionRequest request, string actor, Counter counter, CancellationToken cancellationToken) =>
        await Task.WhenAll(targets.Select(async target =>
        {
            await _stop.StopAsync(target, request.TimeoutMs, request.Force, actor, cancellationToken).ConfigureAwait(false);
            counter.Add();
        })).ConfigureAwait(false);

    private async Task RestartAsync(
        List<ActionTarget> targets, GuestActionRequest request, string actor, Counter counter, CancellationToken cancellationToken)
    {
        targets.ForEach(target => target.Guest!.RestartPending = true); // those who follow its console stay
        try
        {
            await StopAsync(targets, request, actor, new Counter(null), cancellationToken).ConfigureAwait(false);
            targets.ForEach(target => target.Guest!.RestartPending = true); // the stop called restarts off
            List<ActionTarget> stopped = [.. targets.Where(target => target.Problem is null)];
            await StartAsync(stopped, actor, counter, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            targets.ForEach(target =>
            {
                target.Guest!.RestartPending = false;
                target.Guest.Signal();
            });
        }
    }
}
