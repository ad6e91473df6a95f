using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>Sets what the host's pool keeps ready, after the guests: shells are made when nothing else is.</summary>
internal sealed class PoolApplier(HostSet hosts, RunState run)
{
    public Task ApplyAsync(CancellationToken cancellationToken) =>
        hosts.ForEachAsync(
            run.Open(ResourceKind.Pool, PlanAction.Create, PlanAction.Update),
            (host, steps, token) => ForEachAsync(host, steps, ReconcilePhase.Apply, "Keeping shells ready:", token),
            cancellationToken);

    /// <param name="mine">The steps whose turn it is.</param>
    /// <param name="cancellationToken">Begins nothing further.</param>
    public Task PruneAsync(Func<PlannedStep, bool> mine, CancellationToken cancellationToken) =>
        hosts.ForEachAsync(
            run.Open(ResourceKind.Pool, PlanAction.Delete).Where(mine),
            (host, steps, token) => ForEachAsync(host, steps, ReconcilePhase.Prune, "Keeping no more shells:", token),
            cancellationToken);

    private async Task ForEachAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, ReconcilePhase phase, string what, CancellationToken cancellationToken)
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
