using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>Makes and changes networks, before the guests that are put on them.</summary>
internal sealed class NetworkApplier(HostSet hosts, RunState run)
{
    public Task ApplyAsync(CancellationToken cancellationToken) =>
        hosts.ForEachAsync(run.Open(ResourceKind.Network, PlanAction.Create, PlanAction.Update, PlanAction.Replace), ApplyAsync, cancellationToken);

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        foreach (PlannedStep step in steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (run.BlockIfUnreachable(step))
            {
                continue;
            }

            run.Tell(ReconcilePhase.Apply, $"{(step.Step.Action == PlanAction.Create ? "Making" : "Changing")} network {step.Step.Name}");
            var clock = Stopwatch.StartNew();
            try
            {
                NetworkDefinition definition = NetworkDiff.ToDefinition(step.WantedNetwork!, run.Plan.Spec.Name);
                await host.PutNetworkAsync(step.Step.Name, definition, step.Step.Action != PlanAction.Create, cancellationToken).ConfigureAwait(false);
                run.Succeed(step, clock);
            }
            catch (LightVMException e)
            {
                run.Fail(step, e.Problem, clock);
            }
        }
    }
}
