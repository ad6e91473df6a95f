using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>Imports images, before the guests that run them. Another image of the same name gives way: the spec says what its name means.</summary>
internal sealed class ImageApplier(HostSet hosts, RunState run)
{
    public Task ApplyAsync(CancellationToken cancellationToken) =>
        hosts.ForEachAsync(run.Open(ResourceKind.Image, PlanAction.Create, PlanAction.Update), ApplyAsync, cancellationToken);

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        foreach (PlannedStep step in steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (run.BlockIfUnreachable(step))
            {
                continue;
            }

            run.Tell(ReconcilePhase.Apply, $"Importing image {step.Step.Name}");
            var clock = Stopwatch.StartNew();
            try
            {
                bool force = step.Step.Action == PlanAction.Update;
                await (run.Plan.Spec.RollbackOf is null
                    ? host.ImportImageAsync(step.Image!.Directory, force, cancellationToken)
                    : host.DefineImageAsync(step.Image!.Manifest!, force, cancellationToken)).ConfigureAwait(false);
                run.Succeed(step, clock);
            }
            catch (LightVMException e)
            {
                run.Fail(step, e.Problem, clock);
            }
        }
    }
}
