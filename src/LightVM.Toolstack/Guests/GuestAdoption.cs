using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What a starting daemon does with what it finds: the store's guests, Xen's domains, the console logs.</summary>
internal sealed class GuestAdoption(ToolstackParts parts, GuestEnds ends, GuestActions actions, GuestSaver saver, GuestRestorer restorer, MoveDestination destination)
{
    private static readonly TimeSpan SyncPatience = TimeSpan.FromSeconds(5);
    private readonly List<(ManagedGuest Guest, AdoptionDecision Decision, FoundDomain? Domain)> _found = [];
    private readonly List<FoundDomain> _strays = [];
    private readonly List<ManagedGuest> _forgotten = [];

    /// <summary>The first half, before lightvm-io is connected: enters guests, so that the right ones are attached.</summary>
    public void Enter(IReadOnlyList<GuestRecord> records)
    {
        ILookup<Guid, FoundDomain> domains = ListDomains();
        LoadCheckpoints(records);
        foreach (GuestRecord record in records)
        {
            FoundDomain? own = null;
            foreach (FoundDomain domain in domains[record.Id].Where(domain => !domain.IsDying))
            {
                if (AdoptionRules.IsStray(record, domain))
                {
                    _strays.Add(domain);
                }
                else
                {
                    own = domain;
                }
            }

            var guest = new ManagedGuest(record);
            AdoptionDecision decision = AdoptionRules.Decide(record, own, record.BootId == parts.BootId);
            if (decision == AdoptionDecision.Forget)
            {
                _forgotten.Add(guest);
                continue;
            }

            parts.Guests.Add(guest);
            _found.Add((guest, decision, own));
            parts.Resources.Adopt(guest, lives: decision is AdoptionDecision.Keep or AdoptionDecision.GoOn);
            if (decision is AdoptionDecision.Keep or AdoptionDecision.End or AdoptionDecision.GoOn)
            {
                Continue(guest, decision, own!.Value);
            }
        }

        // Once, before anybody can make files there anew: the records say so before they go.
        parts.Records.Save(UnconfirmedDisks.TakeAway([.. _forgotten, .. _found.Select(found => found.Guest)], parts.Options.Log));
        parts.Logs.DeleteAllBut(id => parts.Guests.Find(id) is not null);
        parts.DeviceFiles.DeleteOthers(id => parts.Guests.Find(id) is { } guest && (guest.Life is not null || MoveRules.IsUndecided(guest.Record)) ? guest.Record : null);
        parts.Files.CollectGarbage();
    }

    /// <summary>
    /// The second half, once lightvm-io holds what it is to hold or has had its time: destroys what no answer confirmed (it
    /// has been let go by then), deals with the ends of guests that ended meanwhile, plans starts.
    /// </summary>
    public async Task SettleAsync()
    {
        await parts.Plane.WaitSyncedAsync(SyncPatience).ConfigureAwait(false);
        DestroyStrays();
        parts.Records.Delete(_forgotten);
        var boot = new List<ManagedGuest>();
        foreach ((ManagedGuest guest, AdoptionDecision decision, FoundDomain? domain) in _found)
        {
            Settle(guest, decision, domain, boot);
            await SettleSaveAsync(guest, decision, domain).ConfigureAwait(false);
        }

        if (boot.Count > 0)
        {
            parts.Records.Save(boot);
            StartAfterBoot(boot);
        }

        int kept = _found.Count(found => found.Decision is AdoptionDecision.Keep or AdoptionDecision.GoOn);
        parts.Log(
            LogSeverity.Information,
            $"{_found.Count} guests are known, of which {kept} were adopted; {_strays.Count} unconfirmed domains were destroyed, {_forgotten.Count} intents forgotten.");
    }

    private ILookup<Guid, FoundDomain> ListDomains()
    {
        var found = new List<(Guid Id, FoundDomain Domain)>();
        using XenPool.Lease lease = parts.Xen.Rent();
        new DomainScan().Run(lease.Host, domain => found.Add((domain.Uuid, FoundDomain.From(domain))));
        return found.ToLookup(pair => pair.Id, pair => pair.Domain);
    }

    /// <summary>What no answer confirmed goes; the rest is there before any guest asks for it.</summary>
    private void LoadCheckpoints(IReadOnlyList<GuestRecord> records) => parts.Checkpoints.Load(
        records.Select(record => record.Saving?.File).OfType<string>().ToHashSet(StringComparer.Ordinal),
        records.SelectMany(record => (string?[])[record.Checkpoint, record.Restoring]).OfType<string>().ToHashSet(StringComparer.Ordinal));

    /// <summary>Ends what a crash has cut off of a save or a restore.</summary>
    private async Task SettleSaveAsync(ManagedGuest guest, AdoptionDecision decision, FoundDomain? domain)
    {
        if (guest.Record.Saving is not null)
        {
            guest.Update(record => record with { Saving = null });
            parts.Records.Save(guest);
            if (decision == AdoptionDecision.GoOn)
            {
                await saver.GoOnAsync(guest, guest.Life!).ConfigureAwait(false);
            }
        }

        if (MoveRules.IsSending(guest.Record))
        {
            if (decision == AdoptionDecision.GoOn)
            {
                await saver.GoOnAsync(guest, guest.Life!).ConfigureAwait(false);
            }

            guest.Update(record => record with { Move = null });
            parts.Records.Save(guest);
        }

        destination.Complete(guest, paused: decision == AdoptionDecision.Keep && domain!.Value.IsPaused);
        if (guest.Record.Restoring is not null)
        {
            restorer.Complete(guest, paused: decision == AdoptionDecision.Keep && domain!.Value.IsPaused);
        }
    }

    private void Continue(ManagedGuest guest, AdoptionDecision decision, FoundDomain domain)
    {
        Life life = Life.From(guest.Record);
        life.Started.TrySetResult(new StartOutcome(life.BeginTimestamp, null));
        life.WantsAttached = decision == AdoptionDecision.End || (decision == AdoptionDecision.Keep && !domain.IsDown);
        life.SuspendAsked = guest.Record.Saving is not null || MoveRules.IsSending(guest.Record); // it may still do so
        guest.Life = life;
        parts.Guests.EnterDomain(life.Domain, guest);
        bool starting = guest.Record.Restoring is not null || guest.Record.Move is { Phase: MovePhase.Starting };
        if (decision == AdoptionDecision.GoOn || (decision == AdoptionDecision.Keep && starting))
        {
            return; // settled below
        }

        if (domain.IsDown)
        {
            life.BeginEnd(); // settled below, or preserved: the watcher has nothing to do with it
        }
        else if (domain.IsPaused != (guest.Record.State == GuestState.Paused))
        {
            guest.Update(record => record with { State = domain.IsPaused ? GuestState.Paused : GuestState.Running });
        }
    }

    private void DestroyStrays()
    {
        using XenPool.Lease lease = parts.Xen.Rent();
        foreach (FoundDomain domain in _strays)
        {
            try
            {
                lease.Host.Destroy(domain.DomainId);
            }
            catch (XenException e)
            {
                parts.Log(LogSeverity.Error, $"Domain {domain.DomainId}, which no answer confirmed, could not be destroyed: {e.Message}");
            }
        }
    }

    private void Settle(ManagedGuest guest, AdoptionDecision decision, FoundDomain? domain, List<ManagedGuest> boot)
    {
        switch (decision)
        {
            case AdoptionDecision.Keep or AdoptionDecision.GoOn:
                parts.Event(EventKinds.GuestAdopted, guest, "It was found again after a restart of lightvmd.", Actors.Daemon);
                parts.Health.Watch(guest, adopted: true);
                break;
            case AdoptionDecision.Hold:
                parts.Log(LogSeverity.Information, $"'{guest.Name}' stands between two hosts: its move is {guest.Record.Move!.ToMove()}.");
                break;
            case AdoptionDecision.End:
                ends.HandleFound(guest, guest.Life!, EndReasons.From(domain!.Value.Reason));
                break;
            case AdoptionDecision.Gone:
                ends.HandleGone(guest);
                break;
            case AdoptionDecision.HostReboot:
                bool again = guest.Record.RestartPolicy == RestartPolicy.Always && guest.Record.DesiredRunning;
                guest.Update(record => record with
                {
                    State = GuestState.Stopped,
                    DomainId = null,
                    EndReason = EndReasons.HostReboot,
                    DesiredRunning = again,
                    BootId = parts.BootId,
                });
                boot.Add(guest);
                break;
            case AdoptionDecision.ResumeRestart:
                ends.PlanRestart(guest, RestartDecision.BackOff);
                break;
            default:
                if (guest.Record.DomainId is not null)
                {
                    // A crashed domain that was preserved, and that somebody else has destroyed.
                    guest.Update(record => record with { DomainId = null });
                    parts.Records.Save(guest);
                }

                break;
        }
    }

    /// <summary>In the order in which they were started last, in the background.</summary>
    private void StartAfterBoot(List<ManagedGuest> guests)
    {
        List<ActionTarget> targets = [.. guests
            .Where(guest => guest.Record.DesiredRunning)
            .OrderBy(guest => guest.Record.StartTime)
            .Select(guest => new ActionTarget(guest.Name, guest))];
        if (targets.Count == 0)
        {
            return;
        }

        _ = Task.Run(async () =>
        {
            await actions.StartAsync(targets, Actors.Daemon, new Counter(null), CancellationToken.None).ConfigureAwait(false);
            foreach (ActionTarget target in targets.Where(target => target.Problem is not null))
            {
                parts.Log(LogSeverity.Error, $"'{target.Target}' could not be started after the boot: {target.Problem!.Detail}");
                ends.PlanRestart(target.Guest!, RestartDecision.BackOff);
            }
        });
    }
}
