using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>
/// Lets go of guests that the spec no longer names and whose deletionPolicy has them stay: those that are to be saved are, in one request
/// for a host; then each is made one of no fleet. One that could not be saved stays the fleet's, and runs on.
/// </summary>
internal sealed class GuestReleaser(HostSet hosts, RunState run)
{
    /// <param name="mine">The steps whose turn it is.</param>
    /// <param name="cancellationToken">Begins nothing further.</param>
    public Task ApplyAsync(Func<PlannedStep, bool> mine, CancellationToken cancellationToken) =>
        hosts.ForEachAsync(
            [.. run.Open(ResourceKind.Guest, PlanAction.Update).Where(step => step.Releases).Where(mine)], ApplyAsync, cancellationToken);

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        HashSet<PlannedStep> failed = [];
        foreach (PlannedStep[] batch in steps.Where(IsSaved).Chunk(CreateGuestsRequest.MaxBatch))
        {
            failed.UnionWith(await SaveAsync(host, batch, clock, cancellationToken).ConfigureAwait(false));
        }

        await Parallel.ForEachAsync(
            steps.Where(step => !failed.Contains(step)),
            new ParallelOptions { MaxDegreeOfParallelism = run.Plan.Options.Throttle, CancellationToken = cancellationToken },
            async (step, token) => await ReleaseAsync(host, step, clock, token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(IReconcileHost host, PlannedStep step, Stopwatch clock, CancellationToken cancellationToken)
    {
        if (run.BlockIfUnreachable(step))
        {
            return;
        }

        try
        {
            await host.ChangeGuestAsync(step.Guest!.Id, new GuestChange { Fleet = "" }, revision: null, cancellationToken).ConfigureAwait(false);
            run.Succeed(step, clock);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.GuestNotFound)
        {
            run.Succeed(step, clock); // somebody removed it meanwhile: it is not the fleet's, as wanted
        }
        catch (LightVMException e)
        {
            run.Fail(step, e.Problem, clock);
        }
    }

    /// <returns>Those that were not saved; they have their result.</returns>
    private async Task<IReadOnlyList<PlannedStep>> SaveAsync(IReconcileHost host, PlannedStep[] batch, Stopwatch clock, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (run.BlockIfUnreachable(batch[0]))
        {
            Array.ForEach(batch[1..], step => run.BlockIfUnreachable(step));
            return batch;
        }

        run.Tell(ReconcilePhase.Prune, batch.Length == 1 ? $"Saving guest {batch[0].Step.Name}" : $"Saving {batch.Length} guests");
        var failed = new List<PlannedStep>();
        try
        {
            IReadOnlyList<GuestResult> results = await host.SaveGuestsAsync(
                [.. batch.Select(step => step.Guest!.Id)], run.Plan.Options.StopTimeout, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < batch.Length; i++)
            {
                if (results[i].Problem is { } problem && problem.Code != ErrorCodes.GuestNotFound)
                {
                    run.Fail(batch[i], problem, clock);
                    failed.Add(batch[i]);
                }
            }

            return failed;
        }
        catch (LightVMException e)
        {
            Array.ForEach(batch, step => run.Fail(step, e.Problem, clock));
            return batch;
        }
    }

    private static bool IsSaved(PlannedStep step) => step.Step.Changes.Any(change => change.Path == "state");
}
