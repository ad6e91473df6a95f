namespace LightVM.Toolstack;

/// <inheritdoc cref="IGuestMoves"/>
internal sealed class GuestMoves : IGuestMoves
{
    private readonly ToolstackParts _parts;
    private readonly MoveChecks _checks;

    public GuestMoves(ToolstackParts parts, GuestStarter starter, GuestEnds ends, GuestRestorer restorer)
    {
        _parts = parts;
        _checks = new MoveChecks(parts, starter);
        Source = new MoveSource(parts, ends);
        Destination = new MoveDestination(parts, starter, restorer, _checks);
    }

    public MoveSource Source { get; }

    public MoveDestination Destination { get; }

    public MoveOffer Offer(string idOrName)
    {
        ManagedGuest guest = _parts.Guests.Find(idOrName) ?? throw Problems.GuestNotFound(idOrName);
        GuestRecord record = guest.Record;
        RequireMovable(record);
        return new MoveOffer
        {
            Guest = guest.ToGuest(DateTimeOffset.UtcNow),
            Networks = [.. record.Adapters.Select(adapter => _parts.Networks.Find(adapter.Network)).OfType<Network>().DistinctBy(network => network.Name)],
            Disks = [.. record.Disks.Select(disk => MoveChecks.ToMoveDisk(DiskMark.Of(disk)))],
            XenVersion = _parts.XenVersion,
            CpuFeatures = [.. CpuFeatures.OfThisHost.Order(StringComparer.Ordinal)],
            LearnsAddresses = record.StoreEventChannel == 0,
            Live = MoveRules.IsLive(record),
        };
    }

    public Task<MoveVerdict> CheckAsync(MoveCheck check) => _checks.RunAsync(check);

    public async Task SendAsync(Guid move, string idOrName, string peer, IMoveSink sink, CancellationToken cancellationToken)
    {
        ManagedGuest guest = _parts.Guests.Find(idOrName) ?? throw Problems.GuestNotFound(idOrName);
        RequireMovable(guest.Record);
        await GuestGate.EnterAsync(guest, idOrName).ConfigureAwait(false);
        try
        {
            RequireMovable(guest.Record);
            await Source.SendAsync(guest, move, peer, sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            guest.Gate.Release();
            guest.Signal();
        }
    }

    public IIncomingMove Receive(Guid move, string peer, bool acceptNewAddress, bool sharedDisks) =>
        Destination.Receive(move, peer, acceptNewAddress, sharedDisks);

    public Task<MoveToken> GiveUpAsync(Guid move) => Source.GiveUpAsync(move, Find(move));

    public Task<Guest> StartAsync(Guid move, MoveStart start, string actor) => WithAsync(move, async guest =>
    {
        MoveRecord known = guest.Record.Move!;
        if (!MoveRules.HasStarted(guest.Record, move))
        {
            if (!MoveRules.IsReceived(guest.Record, move))
            {
                throw MoveProblems.WrongPhase(guest.Name, known, "is not started");
            }

            if (!MoveRules.MayStart(known, start.Token, start.Force))
            {
                throw MoveProblems.NoToken(guest.Name);
            }

            await Destination.StartAsync(guest).ConfigureAwait(false);
            _parts.Event(EventKinds.GuestMoved, guest, $"It came from '{known.Peer}' and runs here{(start.Force ? ", by an administrator's decision" : "")}.", actor);
        }

        return guest.ToGuest(DateTimeOffset.UtcNow);
    });

    public async Task CompleteAsync(Guid move, string actor)
    {
        if (Find(move) is null)
        {
            return; // done before
        }

        await WithAsync(move, guest =>
        {
            MoveRecord known = guest.Record.Move!;
            if (!MoveRules.IsGivenUp(guest.Record, move))
            {
                throw MoveProblems.WrongPhase(guest.Name, known, "is not forgotten");
            }

            Source.Complete(guest);
            _parts.Event(EventKinds.GuestMoved, guest, $"It was moved to '{known.Peer}'.", actor);
            return Task.FromResult(true);
        }).ConfigureAwait(false);
    }

    public async Task SettleAsync(Guid move)
    {
        if (Find(move) is null)
        {
            return; // done before
        }

        await WithAsync(move, guest =>
        {
            if (!MoveRules.HasStarted(guest.Record, move))
            {
                throw MoveProblems.WrongPhase(guest.Name, guest.Record.Move!, "is not settled");
            }

            guest.Update(record => record with { Move = null });
            _parts.Records.Save(guest);
            return Task.FromResult(true);
        }).ConfigureAwait(false);
    }

    public Task<Guest> TakeBackAsync(Guid move, string actor) => WithAsync(move, async guest =>
    {
        MoveRecord known = guest.Record.Move!;
        if (!MoveRules.IsGivenUp(guest.Record, move))
        {
            throw MoveProblems.WrongPhase(guest.Name, known, "is not taken back");
        }

        await Source.TakeBackAsync(guest).ConfigureAwait(false);
        _parts.Event(EventKinds.GuestMoved, guest, $"It was taken back from '{known.Peer}': it is {guest.Record.State} here.", actor);
        return guest.ToGuest(DateTimeOffset.UtcNow);
    });

    public async Task AbortAsync(Guid move, string actor)
    {
        bool called = await Source.CallOffAsync(move).ConfigureAwait(false) | await Destination.CallOffAsync(move).ConfigureAwait(false);
        if (Find(move) is null)
        {
            if (called)
            {
                return;
            }

            throw MoveProblems.NotFound(move);
        }

        await WithAsync(move, guest =>
        {
            if (!MoveRules.IsReceived(guest.Record, move))
            {
                throw MoveProblems.WrongPhase(guest.Name, guest.Record.Move!, "is not dropped");
            }

            Destination.Drop(guest);
            _parts.Event(EventKinds.GuestRemoved, guest, $"It had come from '{guest.Record.Move!.Peer}', and was dropped: its move was called off.", actor);
            return Task.FromResult(true);
        }).ConfigureAwait(false);
    }

    private static void RequireMovable(GuestRecord record)
    {
        if (record.Move is { Role: MoveRole.Destination } unsettled && !MoveRules.IsUndecided(record))
        {
            throw MoveProblems.Unsettled(record.Name, unsettled);
        }

        if (MoveRules.IsSending(record))
        {
            throw MoveProblems.Sending(record.Name, record.Move!);
        }

        if (MoveRules.IsUndecided(record))
        {
            throw MoveProblems.Undecided(record);
        }

        if (record.State != GuestState.Running)
        {
            throw MoveProblems.NotRunning(record.Name, record.State);
        }
    }

    private ManagedGuest? Find(Guid move) => _parts.Guests.All.FirstOrDefault(guest => guest.Record.Move?.Id == move);

    /// <summary>Does a step with the gate of the guest held, whose move may have changed while it was waited for.</summary>
    private async Task<T> WithAsync<T>(Guid move, Func<ManagedGuest, Task<T>> step)
    {
        ManagedGuest guest = Find(move) ?? throw MoveProblems.NotFound(move);
        await GuestGate.EnterForMoveAsync(guest, guest.Name).ConfigureAwait(false);
        try
        {
            return guest.Record.Move?.Id == move ? await step(guest).ConfigureAwait(false) : throw MoveProblems.NotFound(move);
        }
        finally
        {
            guest.Gate.Release();
            guest.Signal();
        }
    }
}
