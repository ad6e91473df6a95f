using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Sees what state guests' applications are in, and has shared ports lead to those that are ready. One task for each guest that has
/// probes or shares ports, for as long as it has; what guests answer is read within bounds of size and time.
/// </summary>
internal sealed class GuestHealth(ToolstackParts parts, GuestEnds ends, CancellationToken stop)
{
    /// <summary>Guests that are asked at once; others wait.</summary>
    private const int MaxAsked = 256;

    /// <summary>After an error of ours.</summary>
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(10);

    private static readonly SemaphoreSlim Asked = new(MaxAsked, MaxAsked);

    private readonly Lock _serve = new();

    /// <summary>Whether ports of the host are spread over this guest and others.</summary>
    public static bool Shares(GuestRecord record) => record.Publish.Count > 0 && record.Publish.Any(port => port.Group is not null);

    /// <summary>Begins to look after a guest, if there is anything to look after. Costs nothing otherwise.</summary>
    /// <param name="adopted">It is taken for ready until a probe says otherwise: a restart of lightvmd takes nobody out.</param>
    public void Watch(ManagedGuest guest, bool adopted = false)
    {
        if (IsOfUse(guest.Record) && guest.BeginWatch())
        {
            _ = Task.Run(() => WatchAsync(guest, adopted), CancellationToken.None);
        }
    }

    /// <summary>Takes a guest out of the ports that it shares (true), or has it take connections again if it is ready.</summary>
    public void Drain(ManagedGuest guest, bool on)
    {
        guest.Draining = on ? guest.Life : null;
        Serve(guest);
    }

    /// <summary>Has the ports that it shares lead to it, or not, as it is now. Any thread.</summary>
    public void Serve(ManagedGuest guest)
    {
        if (!Shares(guest.Record))
        {
            return;
        }

        // Held from the look to the deed: what a probe's thread saw before it drained must not be done after.
        lock (_serve)
        {
            bool drains = guest.Draining is { } life && life == guest.Life;
            parts.Networks.Serve(guest.Id, guest.Record.State == GuestState.Running && guest.Health is { Ready: true } && !drains);
        }
    }

    private static bool IsOfUse(GuestRecord record) => record.Probes is not null || Shares(record);

    private async Task WatchAsync(ManagedGuest guest, bool adopted)
    {
        try
        {
            while (!guest.Removed && IsOfUse(guest.Record))
            {
                await AttendAsync(guest, adopted).ConfigureAwait(false);
                adopted = false;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }

        Set(guest, null);
        guest.EndWatch();
        if (!guest.Removed)
        {
            Watch(guest); // it may have been given probes in the last moment
        }
    }

    /// <summary>Waits until it runs, or looks after it while it does.</summary>
    private async Task AttendAsync(ManagedGuest guest, bool adopted)
    {
        Task changed = guest.Changed();
        GuestRecord record = guest.Record;
        try
        {
            if (record.State == GuestState.Running && guest.Life is { } life)
            {
                await AttendAsync(guest, life, record.Probes, adopted).ConfigureAwait(false);
            }
            else
            {
                Set(guest, null);
                await changed.WaitAsync(stop).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            parts.Log(LogSeverity.Error, $"The probes of '{guest.Name}' cannot be asked: {e}");
            await Task.Delay(BackOff, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Looks after one life, until it ends, is paused, or its probes are others.</summary>
    private async Task AttendAsync(ManagedGuest guest, Life life, GuestProbes? probes, bool adopted)
    {
        Set(guest, new HealthState(adopted, null));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task watch = CancelWhenOverAsync(guest, life, probes, over);
        try
        {
            if (probes?.Start is { } start && !await PassesAsync(guest, start, over.Token).ConfigureAwait(false))
            {
                Fail(guest, life, "start");
                await watch.ConfigureAwait(false);
                return;
            }

            await Task.WhenAll(
                ReadyAsync(guest, probes?.Ready, adopted, over.Token),
                LiveAsync(guest, life, probes?.Live, over.Token)).ConfigureAwait(false);
            await watch.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It is over.
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(false);
        }
    }

    private static async Task CancelWhenOverAsync(ManagedGuest guest, Life life, GuestProbes? probes, CancellationTokenSource over)
    {
        try
        {
            while (true)
            {
                Task changed = guest.Changed();
                GuestRecord record = guest.Record;
                if (guest.Removed || guest.Life != life || record.State != GuestState.Running || !ReferenceEquals(record.Probes, probes) || !IsOfUse(record))
                {
                    await over.CancelAsync().ConfigureAwait(false);
                    return;
                }

                await changed.WaitAsync(over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Who waits for it has ended it.
        }
    }

    /// <summary>Asks until the probe passes or fails.</summary>
    private async Task<bool> PassesAsync(ManagedGuest guest, Probe probe, CancellationToken cancellationToken)
    {
        bool passes = false;
        await AskAsync(guest, probe, remembers: true, (answer, verdict) =>
        {
            if (!answer.Passed)
            {
                Set(guest, new HealthState(false, answer.Message));
            }

            passes = verdict == true;
            return verdict is null;
        }, cancellationToken).ConfigureAwait(false);
        return passes;
    }

    private async Task ReadyAsync(ManagedGuest guest, Probe? probe, bool adopted, CancellationToken cancellationToken)
    {
        if (probe is null)
        {
            Set(guest, new HealthState(true, null));
            return;
        }

        bool ready = adopted;
        await AskAsync(guest, probe, remembers: true, (answer, verdict) =>
        {
            bool now = verdict ?? ready;
            if (now != ready && guest.Record.Probes is not null)
            {
                parts.Event(now ? EventKinds.GuestReady : EventKinds.GuestNotReady, guest, now ? "It is ready." : $"It is not ready any more: its {answer.Message}.", Actors.Daemon);
            }

            ready = now;
            Set(guest, new HealthState(ready, ready ? null : answer.Message));
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task LiveAsync(ManagedGuest guest, Life life, Probe? probe, CancellationToken cancellationToken)
    {
        if (probe is null)
        {
            return;
        }

        await AskAsync(guest, probe, remembers: false, (_, verdict) => verdict != false, cancellationToken).ConfigureAwait(false);
        Fail(guest, life, "live");
    }

    /// <summary>Asks again and again, as long as what is done with the answers wants more of them.</summary>
    private async Task AskAsync(
        ManagedGuest guest, Probe probe, bool remembers, Func<ProbeAnswer, bool?, bool> more, CancellationToken cancellationToken)
    {
        var asker = new ProbeAsker(parts, guest, probe, remembers);
        var count = new ProbeCount(probe);
        await Task.Delay(TimeSpan.FromSeconds(probe.DelaySeconds), cancellationToken).ConfigureAwait(false);
        using var clock = new PeriodicTimer(TimeSpan.FromSeconds(probe.PeriodSeconds));
        do
        {
            ProbeAnswer answer;
            await Asked.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                answer = await asker.AskAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Asked.Release();
            }

            count.Add(answer.Passed);
            if (!more(answer, count.Verdict))
            {
                return;
            }
        }
        while (await clock.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What a start or live probe found dead is treated as one that has crashed.</summary>
    private void Fail(ManagedGuest guest, Life life, string probe)
    {
        string message = guest.Health?.Message is { } met ? $" ({met})" : "";
        parts.Event(EventKinds.GuestFault, guest, $"Its {probe} probe fails{message}; it is treated as one that has crashed.", Actors.Daemon);
        guest.Draining = life; // nothing leads to it any more, whatever its other probes say
        Set(guest, new HealthState(false, $"its {probe} probe fails"));
        try
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            lease.Host.Pause(life.Domain); // its domain may be preserved, or dumped
        }
        catch (XenException)
        {
            // It has ended meanwhile.
        }

        ends.Handle(guest, life, EndReasons.Crash, exists: true);
    }

    private void Set(ManagedGuest guest, HealthState? health)
    {
        if (guest.Health != health)
        {
            guest.Health = health;
            guest.Signal();
        }

        Serve(guest);
    }
}
