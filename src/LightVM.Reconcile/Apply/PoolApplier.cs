using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>Sets what the host's pool keeps ready, after the guests: shells are made when nothing else is.</summary>
internal sealed class PoolApplier(IReconcileHost host, RunState run)
{
    public Task ApplyAsync(CancellationToken cancellationToken) =>
        ForEachAsync(run.Open(ResourceKind.Pool, PlanAction.Create, PlanAction.Update), ReconcilePhase.Apply, "Keeping shells ready:", cancellationToken);

    public Task PruneAsync(CancellationToken cancellationToken) =>
        ForEachAsync(run.Open(ResourceKind.Pool, PlanAction.Delete), ReconcilePhase.Prune, "Keeping no more shells:", cancellationToken);

    private async Task ForEachAsync(IReadOnlyList<PlannedStep> steps, ReconcilePhase phase, string what, CancellationToken cancellationToken)
    {
        foreach (PlannedStep step in steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (run.BlockIfUnreachable(step))
            {
                continue;
            }

            run.Tell(phase, $"{what} {step.Step.Name}");
            var clock = Stopwatch.StartNew();
            try
            {
                PoolFlavour flavour = step.Flavour!;
                int count = phase == ReconcilePhase.Prune ? 0 : flavour.Wanted;
                await host.PutPoolFlavourAsync(flavour.Image, PoolPlanner.ToDefinition(flavour, count), cancellationToken).ConfigureAwait(false);
                run.Succeed(step, clock);
            }
            catch (LightVMException e)
            {
                run.Fail(step, e.Problem, clock);
            }
        }
    }
}
