namespace LightVM.Reconcile;

/// <summary>
/// Records the fleet: its inventory, the digest of the spec once all of it holds, and the run itself for the history. Nothing is sent when
/// nothing was tried and the daemon knows the rest already. Ids that the host no longer has drop out of the inventory here.
/// </summary>
internal sealed class FleetRecorder(IReconcileHost host, RunState run)
{
    /// <summary>Whether the daemon would learn something, as things are now.</summary>
    public bool HasNews
    {
        get
        {
            Fleet? recorded = run.Plan.Observed.Record;
            return recorded is null || recorded.SpecDigest != Digest || !Inventory.SetEquals(recorded.Guests) || HasTried;
        }
    }

    /// <summary>Only where the daemon would learn something.</summary>
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        if (run.HostLost || !HasNews)
        {
            // A lost host's steps say so already: what was made carries its fleet, and the next run records it.
            return;
        }

        FleetSpec spec = run.Plan.Spec;
        run.Tell(ReconcilePhase.Record, $"Recording fleet {spec.Name}");
        await host.RecordAsync(
            new Fleet { Name = spec.Name, SpecDigest = Digest, SpecPath = spec.FullPath, Guests = [.. Inventory.Order()], Run = Run() },
            cancellationToken).ConfigureAwait(false);
    }

    private bool HasTried => run.Results.Any(result => result.Status is ReconcileStatus.Succeeded or ReconcileStatus.Failed or ReconcileStatus.Reverted);

    private string Digest => run.AllWell ? run.Plan.Spec.Digest : run.Plan.Observed.Record?.SpecDigest ?? "";

    private HashSet<Guid> Inventory
    {
        get
        {
            FleetPlan plan = run.Plan;
            var ownership = new Ownership(plan.Spec.Name, plan.Observed.Record);
            var inventory = new HashSet<Guid>(plan.Observed.Guests.Values.Where(ownership.Owns).Select(guest => guest.Id));
            inventory.UnionWith(run.Created);
            inventory.UnionWith(run.Results
                .Where(result => result.Status == ReconcileStatus.Succeeded && result.Changes.Any(change => change.Path == PlannedStep.FleetPath))
                .Select(result => result.Id).OfType<Guid>());
            inventory.ExceptWith(run.Deleted);
            return inventory;
        }
    }

    private FleetRevision Run()
    {
        FleetSpec spec = run.Plan.Spec;
        ILookup<ReconcileStatus, ReconcileResult> results = run.Results.ToLookup(result => result.Status);
        return new FleetRevision
        {
            Duration = run.Clock.Elapsed,
            SpecDigest = spec.Digest,
            SpecPath = spec.FullPath,
            Succeeded = results[ReconcileStatus.Succeeded].Count(),
            Failed = results[ReconcileStatus.Failed].Count(),
            Blocked = results[ReconcileStatus.Blocked].Count() + run.Declined,
            Reverted = results[ReconcileStatus.Reverted].Count(),
            RollbackOf = spec.RollbackOf,
            Images = spec.Images.ToDictionary(image => image.Name, image => image.Digest!, StringComparer.Ordinal),
            Spec = RevisionLoader.Keep(spec),
        };
    }
}
