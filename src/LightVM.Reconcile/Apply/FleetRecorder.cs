namespace LightVM.Reconcile;

/// <summary>
/// Records the fleet: its inventory, and the digest of the spec once all of it holds. Nothing is sent when the daemon knows
/// it already. Ids that the host no longer has drop out of the inventory here.
/// </summary>
internal sealed class FleetRecorder(IReconcileHost host, RunState run)
{
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        if (run.HostLost)
        {
            // The steps say so already. What was made carries its fleet, and the next run records it.
            return;
        }

        FleetPlan plan = run.Plan;
        Fleet? recorded = plan.Observed.Record;
        var ownership = new Ownership(plan.Spec.Name, recorded);
        var inventory = new HashSet<Guid>(plan.Observed.Guests.Values.Where(ownership.Owns).Select(guest => guest.Id));
        inventory.UnionWith(run.Created);
        inventory.UnionWith(run.Results
            .Where(result => result.Status == ReconcileStatus.Succeeded && result.Changes.Any(change => change.Path == PlannedStep.FleetPath))
            .Select(result => result.Id).OfType<Guid>());
        inventory.ExceptWith(run.Deleted);
        string digest = run.AllWell ? plan.Spec.Digest : recorded?.SpecDigest ?? "";
        if (recorded is not null && recorded.SpecDigest == digest && inventory.SetEquals(recorded.Guests))
        {
            return;
        }

        run.Tell(ReconcilePhase.Record, $"Recording fleet {plan.Spec.Name}");
        await host.RecordAsync(
            new Fleet { Name = plan.Spec.Name, SpecDigest = digest, SpecPath = plan.Spec.FullPath, Guests = [.. inventory.Order()] },
            cancellationToken).ConfigureAwait(false);
    }
}
