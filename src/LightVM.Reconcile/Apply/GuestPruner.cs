using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>
/// Deletes what the fleet owns and the spec no longer names: all are asked to stop in one request, and destroyed after the
/// time-out; then all are removed in one more.
/// </summary>
internal sealed class GuestPruner(HostSet hosts, RunState run)
{
    /// <summary>Ids in a request; each is some 40 bytes.</summary>
    private const int MaxBatch = CreateGuestsRequest.MaxBatch;

    /// <param name="mine">The steps whose turn it is.</param>
    /// <param name="cancellationToken">Begins nothing further.</param>
    public Task ApplyAsync(Func<PlannedStep, bool> mine, CancellationToken cancellationToken) =>
        hosts.ForEachAsync([.. run.Open(ResourceKind.Guest, PlanAction.Delete).Where(mine).Where(IsDue)], ApplyAsync, cancellationToken);

    /// <summary>One that is placed on another host now stays until it is there.</summary>
    private bool IsDue(PlannedStep step)
    {
        if (step.MovesTo is not { } other || run.StatusOf(step.Step.Name, other) is ReconcileStatus.Succeeded or ReconcileStatus.Unchanged)
        {
            return true;
        }

        run.Block(step, $"is placed on {other}, and is not there yet", new Problem
        {
            Code = ErrorCodes.PlacementFailed,
            Detail = $"Guest '{step.Step.Name}' stays on {step.Step.HostName}: it is placed on {other}, and could not be made there.",
            Target = step.Step.Name,
            Recommendation = $"See what its step on {other} says, then reconcile again.",
        });
        return false;
    }

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        foreach (PlannedStep[] batch in steps.Chunk(MaxBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (run.BlockIfUnreachable(batch[0]))
            {
                batch.Skip(1).ToList().ForEach(step => run.BlockIfUnreachable(step));
                continue;
            }

            run.Tell(ReconcilePhase.Prune, batch.Length == 1 ? $"Deleting guest {batch[0].Step.Name}" : $"Deleting {batch.Length} guests");
            var clock = Stopwatch.StartNew();
            try
            {
                await DeleteAsync(host, batch, clock, cancellationToken).ConfigureAwait(false);
            }
            catch (LightVMException e)
            {
                Array.ForEach(batch, step => run.Fail(step, e.Problem, clock));
            }
        }
    }

    private async Task DeleteAsync(IReconcileHost host, PlannedStep[] batch, Stopwatch clock, CancellationToken cancellationToken)
    {
        Guid[] running = [.. batch.Where(step => step.Guest!.State is GuestState.Running or GuestState.Starting).Select(step => step.Guest!.Id)];
        if (running.Length > 0)
        {
            // What comes of it does not matter: those that did not obey are removed all the same.
            await host.ActAsync(
                new GuestActionRequest
                {
                    Action = GuestAction.Stop, Ids = running, TimeoutMs = (int)run.Plan.Options.StopTimeout.TotalMilliseconds, Force = true,
                },
                cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<GuestResult> results = await host.ActAsync(
            new GuestActionRequest { Action = GuestAction.Remove, Ids = [.. batch.Select(step => step.Guest!.Id)] }, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < batch.Length; i++)
        {
            // Somebody else may have removed it meanwhile; it is gone, as wanted.
            if (results[i].Problem is { } problem && problem.Code != ErrorCodes.GuestNotFound)
            {
                run.Fail(batch[i], problem, clock);
            }
            else
            {
                run.Succeed(batch[i], clock);
            }
        }
    }
}
