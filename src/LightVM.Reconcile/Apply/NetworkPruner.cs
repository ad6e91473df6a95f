using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>Deletes the fleet's networks that the spec no longer names, after the guests that were on them.</summary>
internal sealed class NetworkPruner(HostSet hosts, RunState run)
{
    /// <param name="mine">The steps whose turn it is.</param>
    /// <param name="cancellationToken">Begins nothing further.</param>
    public Task ApplyAsync(Func<PlannedStep, bool> mine, CancellationToken cancellationToken) =>
        hosts.ForEachAsync(run.Open(ResourceKind.Network, PlanAction.Delete).Where(mine), ApplyAsync, cancellationToken);

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        foreach (PlannedStep step in steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (run.BlockIfUnreachable(step))
            {
                continue;
            }

            run.Tell(ReconcilePhase.Prune, $"Deleting network {step.Step.Name}");
            var clock = Stopwatch.StartNew();
            if (await RemoveAsync(host, step, clock, cancellationToken).ConfigureAwait(false))
            {
                run.Succeed(step, clock);
            }
        }
    }

    /// <returns>Whether the network of a step is gone; else the step has failed.</returns>
    public async Task<bool> RemoveAsync(IReconcileHost host, PlannedStep step, Stopwatch clock, CancellationToken cancellationToken)
    {
        try
        {
            await host.RemoveNetworkAsync(step.Step.Name, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.NetworkNotFound)
        {
            return true; // somebody else has removed it meanwhile; it is gone, as wanted
        }
        catch (LightVMException e)
        {
            run.Fail(step, e.Problem, clock);
            return false;
        }
    }
}
