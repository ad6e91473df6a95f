namespace LightVM.Reconcile;

/// <summary>
/// Makes one host match a spec. A run reads as its phases: validate (<see cref="SpecLoader"/>), observe, plan, order, apply,
/// probe, prune, record. Interrupted at any point and run again it converges: every guest carries its fleet from its creation, and each run
/// decides anew on what it sees.
/// </summary>
public sealed class Reconciler
{
    private readonly IReconcileHost host;
    private readonly ReconcileOptions options;

    public Reconciler(IReconcileHost host, ReconcileOptions? options = null)
    {
        this.host = host;
        this.options = options ?? new ReconcileOptions();
    }

    /// <summary>Observes the host, validates the spec against it, and plans. Changes nothing.</summary>
    /// <exception cref="LightVMException">SpecInvalid with all findings; whatever keeps the host from being read.</exception>
    public async Task<FleetPlan> PlanAsync(FleetSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ObservedHost observed = await host.ObserveAsync(spec.Name, cancellationToken).ConfigureAwait(false);
        HostReferences.Check(spec, observed);
        return Planner.Plan(spec, observed, options);
    }

    /// <summary>Plans again what was planned before, and makes sure that it is the same.</summary>
    /// <param name="before">As <see cref="PlanAsync"/> made it, maybe in another process; its options must be this reconciler's.</param>
    /// <param name="spec">The spec that it was made of, as it is now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LightVMException">PlanStale: the spec or the host has moved; as <see cref="PlanAsync"/>.</exception>
    public async Task<FleetPlan> PlanAgainAsync(Plan before, FleetSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(before);
        FleetPlan now = await PlanAsync(spec, cancellationToken).ConfigureAwait(false);
        return now.Plan.Fingerprint == before.Fingerprint ? now : throw PlanProblems.Stale(before, now.Plan);
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
    /// FleetLocked, PlanStale: another run is at the fleet, or was since the plan; nothing was done. LeaseLost: another run may have it now. Or
    /// the fleet could not be recorded; all steps have been taken then.
    /// </exception>
    public async Task<IReadOnlyList<ReconcileResult>> ApplyAsync(
        FleetPlan plan,
        IReadOnlySet<PlanStep>? approved = null,
        IProgress<ReconcileEvent>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var run = new RunState(plan, approved, progress);
        var recorder = new FleetRecorder(host, run);
        if (!run.HasOpen && !recorder.HasNews)
        {
            return run.Results;
        }

        await using HeldLease lease = await HeldLease.TakeAsync([host], plan.Spec.Name, options, cancellationToken).ConfigureAwait(false);
        if (lease.RevisionOn(host) is { } revision && revision != (plan.Observed.Record?.Revision ?? 0))
        {
            throw PlanProblems.Overtaken(plan.Plan, host.HostName, revision);
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            await ApplyAsync(run, recorder, both.Token).ConfigureAwait(false);
            return run.Results;
        }
        catch (OperationCanceledException) when (lease.Reason is { } problem)
        {
            throw new LightVMException(problem);
        }
    }

    private async Task ApplyAsync(RunState run, FleetRecorder recorder, CancellationToken cancellationToken)
    {
        await new ImageApplier(host, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        await new NetworkApplier(host, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        run.BlockWhatNeedsImages();
        run.BlockWhatNeedsNetworks();
        await new GuestOrder(host, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        run.Settle();
        var pool = new PoolApplier(host, run);
        await pool.ApplyAsync(cancellationToken).ConfigureAwait(false);
        await new GuestPruner(host, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        await new NetworkPruner(host, run).ApplyAsync(cancellationToken).ConfigureAwait(false);
        await pool.PruneAsync(cancellationToken).ConfigureAwait(false);
        await recorder.RecordAsync(cancellationToken).ConfigureAwait(false);
    }
}
