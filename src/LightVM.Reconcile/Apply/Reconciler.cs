namespace LightVM.Reconcile;

/// <summary>
/// Makes hosts match a spec. A run reads as its phases: validate (<see cref="SpecLoader"/>), observe, plan, order, apply,
/// probe, prune, record. Interrupted at any point and run again it converges: every guest carries its fleet from its creation, and each run
/// decides anew on what it sees.
/// </summary>
public sealed class Reconciler
{
    private readonly IReconcileHost? only;
    private readonly IHostDirectory? directory;
    private readonly ReconcileOptions options;

    /// <summary>For specs that name no hosts: all of it is for this one.</summary>
    public Reconciler(IReconcileHost host, ReconcileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        only = host;
        this.options = options ?? new ReconcileOptions();
    }

    /// <summary>For specs that name hosts.</summary>
    public Reconciler(IHostDirectory directory, ReconcileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        this.directory = directory;
        this.options = options ?? new ReconcileOptions();
    }

    /// <summary>Observes the hosts, validates the spec against them, places its guests, and plans. Changes nothing.</summary>
    /// <exception cref="LightVMException">SpecInvalid with all findings; whatever keeps the only host, or all of them, from being read.</exception>
    public async Task<FleetPlan> PlanAsync(FleetSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Images.FirstOrDefault(image => image.Manifest is null) is { } unbuilt)
        {
            throw new InvalidOperationException($"Image '{unbuilt.Name}' was not built before planning.");
        }

        if (directory is null)
        {
            var alone = new ObservedFleet([await only!.ObserveAsync(spec.Name, cancellationToken).ConfigureAwait(false)]);
            HostReferences.Check(spec, alone, null);
            return Planner.Plan(spec, alone, null, options).On(new Dictionary<string, IReconcileHost>(StringComparer.Ordinal) { [only.HostName] = only });
        }

        var observer = new FleetObserver(directory, options);
        ObservedFleet observed = await observer.ObserveAsync(spec, cancellationToken).ConfigureAwait(false);
        if (observed.Hosts.Count == 0 && observed.Lost.FirstOrDefault(host => !host.Departed) is { } first)
        {
            // Nothing is known of the fleet then, so there is nothing to plan.
            throw new LightVMException(first.Problem);
        }

        IReadOnlyDictionary<string, Placed> places = Placements.Of(spec, observed);
        HostReferences.Check(spec, observed, places);
        return Planner.Plan(spec, observed, places, options).On(observer.Connections);
    }

    /// <summary>Plans again what was planned before, and makes sure that it is the same.</summary>
    /// <param name="before">As <see cref="PlanAsync"/> made it, maybe in another process; its options must be this reconciler's.</param>
    /// <param name="spec">The spec that it was made of, as it is now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LightVMException">PlanStale: the spec or the host has moved; PlanInvalid: what it shows is not what it was made of; as <see cref="PlanAsync"/>.</exception>
    public async Task<FleetPlan> PlanAgainAsync(Plan before, FleetSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(before);
        FleetPlan now = await PlanAsync(spec, cancellationToken).ConfigureAwait(false);
        if (now.Plan.Fingerprint != before.Fingerprint)
        {
            throw PlanProblems.Stale(before, now.Plan);
        }

        // Whoever looked at it saw its steps, and not its fingerprint.
        return now.Plan.Steps.Select(step => step.ToString()).SequenceEqual(before.Steps.Select(step => step.ToString()), StringComparer.Ordinal)
            ? now
            : throw PlanProblems.Altered(before);
    }

    /// <summary>
    /// Applies a plan, or those of its steps that were approved. A step that fails does not stop those that do not need it;
    /// its error is in its result.
    /// </summary>
    /// <param name="plan">From <see cref="PlanAsync"/>.</param>
    /// <param name="approved">Steps that may be taken; null: all. The others have no result.</param>
    /// <param name="progress">Told of each result as it comes, from any thread.</param>
    /// <param name="cancellationToken">Begins nothing further; what was begun may still be done by the host.</param>
    /// <returns>One result for each step that was to be taken, NoChange included, in the order of the plan.</returns>
    /// <exception cref="OperationCanceledException">The token; results so far were told to <paramref name="progress"/>.</exception>
    /// <exception cref="LightVMException">
    /// SpecEmpty: the spec names no guest, and guests would go. FleetLocked, PlanStale: another run is at the fleet, or was since the plan; nothing was done. LeaseLost: another run may have it now. Or
    /// the fleet could not be recorded; all steps have been taken then.
    /// </exception>
    public async Task<IReadOnlyList<ReconcileResult>> ApplyAsync(
        FleetPlan plan,
        IReadOnlySet<PlanStep>? approved = null,
        IProgress<ReconcileEvent>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        int going = plan.Steps.Count(step => step.Step is { Kind: ResourceKind.Guest, Action: PlanAction.Delete } || step.Releases);
        if (going > 0 && plan.Spec.Guests.Count == 0 && !options.AllowEmpty)
        {
            throw PlanProblems.Empty(plan.Plan, going);
        }

        var run = new RunState(plan, approved, progress);
        IReadOnlyDictionary<string, IReconcileHost> connections = plan.Connections.Count > 0 || only is null
            ? plan.Connections
            : new Dictionary<string, IReconcileHost>(StringComparer.Ordinal) { [only.HostName] = only };
        var hosts = new HostSet(connections, options.HostThrottle);
        var recorder = new FleetRecorder(hosts, run);
        if (!run.HasOpen && !recorder.HasNews)
        {
            return run.Results;
        }

        IReconcileHost[] reached = [.. plan.Observed.Reached.Select(host => connections[host.HostName])];
        await using HeldLease lease = await HeldLease.TakeAsync(
            reached, plan.Spec.Name, options, (host, problem) => run.Lose(host.HostName, problem), cancellationToken).ConfigureAwait(false);
        foreach (ObservedHost host in plan.Observed.Reached)
        {
            if (lease.RevisionOn(connections[host.HostName]) is { } revision && revision != (host.Record?.Revision ?? 0))
            {
                throw PlanProblems.Overtaken(plan.Plan, host.HostName, revision);
            }
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            await ApplyAsync(run, hosts, recorder, both.Token).ConfigureAwait(false);
            return run.Results;
        }
        catch (OperationCanceledException) when (lease.Reason is { } problem)
        {
            throw new LightVMException(problem);
        }
    }

    private static async Task ApplyAsync(RunState run, HostSet hosts, FleetRecorder recorder, CancellationToken cancellationToken)
    {
        HashSet<string> departed = [.. run.Plan.Observed.Departed.Select(host => host.HostName)];
        bool Left(PlannedStep step) => departed.Contains(step.Step.HostName);
        bool Stays(PlannedStep step) => !Left(step);
        var pool = new PoolApplier(hosts, run);
        await recorder.AnnounceAsync(cancellationToken).ConfigureAwait(false);
        await PruneAsync(Left).ConfigureAwait(false);
        await new ImageApplier(hosts, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        run.BlockWhatNeedsImages();
        await new HandoverApplier(hosts, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        await new NetworkApplier(hosts, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        run.BlockWhatNeedsNetworks();
        await new GuestOrder(hosts, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        run.Settle();
        await pool.ApplyAsync(cancellationToken).ConfigureAwait(false);
        await PruneAsync(Stays).ConfigureAwait(false);
        await recorder.RecordAsync(cancellationToken).ConfigureAwait(false);

        async Task PruneAsync(Func<PlannedStep, bool> mine)
        {
            await new GuestReleaser(hosts, run).ApplyAsync(mine, cancellationToken).ConfigureAwait(false);
            await new GuestPruner(hosts, run).ApplyAsync(mine, cancellationToken).ConfigureAwait(false);
            await new NetworkPruner(hosts, run).ApplyAsync(mine, cancellationToken).ConfigureAwait(false);
            await pool.PruneAsync(mine, cancellationToken).ConfigureAwait(false);
        }
    }
}
