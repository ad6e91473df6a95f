using System.Diagnostics;
using System.Text.Json;

namespace LightVM.Reconcile;

/// <summary>Creates what is missing: one request for all guests of a host, more only where one would be too long for the daemon.</summary>
internal sealed class GuestCreator(HostSet hosts, RunState run)
{
    /// <summary>Bytes; the daemon takes 4 MB.</summary>
    private const int MaxRequest = 3 * 1024 * 1024;

    /// <param name="mine">The steps whose turn it is.</param>
    /// <param name="cancellationToken">Begins no further request.</param>
    public Task ApplyAsync(Func<PlannedStep, bool> mine, CancellationToken cancellationToken) =>
        hosts.ForEachAsync(run.Open(ResourceKind.Guest, PlanAction.Create).Where(mine), ApplyAsync, cancellationToken);

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        foreach (List<(PlannedStep Step, GuestDefinition Definition)> batch in Batches(steps))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (run.BlockIfUnreachable(batch[0].Step))
            {
                batch.Skip(1).ToList().ForEach(item => run.BlockIfUnreachable(item.Step));
                continue;
            }

            run.Tell(ReconcilePhase.Apply, batch.Count == 1 ? $"Creating guest {batch[0].Step.Step.Name}" : $"Creating {batch.Count} guests");
            var clock = Stopwatch.StartNew();
            try
            {
                IReadOnlyList<GuestResult> results = await host.CreateGuestsAsync(
                    [.. batch.Select(item => item.Definition)], cancellationToken).ConfigureAwait(false);
                for (int i = 0; i < batch.Count; i++)
                {
                    Take(batch[i].Step, results[i], clock);
                }
            }
            catch (LightVMException e)
            {
                // Nothing is known of any of them; the next run sees what the host has made of it.
                batch.ForEach(item => run.Fail(item.Step, e.Problem, clock));
            }
        }
    }

    private void Take(PlannedStep step, GuestResult result, Stopwatch clock)
    {
        if (result.Guest is { } guest && result.Problem is null)
        {
            run.Succeed(step, clock, guest.Id);
        }
        else
        {
            run.Fail(step, result.Problem ?? Unexplained(step), clock);
        }
    }

    private static Problem Unexplained(PlannedStep step) => new()
    {
        Code = ErrorCodes.InternalError, Detail = $"The host gave no answer for guest '{step.Step.Name}'.", Target = step.Step.Name,
        Recommendation = "Run it again; if it stays so, report it with the daemon's log (journalctl -u lightvmd).",
    };

    private IEnumerable<List<(PlannedStep Step, GuestDefinition Definition)>> Batches(IReadOnlyList<PlannedStep> steps)
    {
        var batch = new List<(PlannedStep Step, GuestDefinition Definition)>();
        int size = 0;
        foreach (PlannedStep step in steps)
        {
            GuestDefinition definition = step.Wanted!.ToDefinition(step.Step.Name, run.Plan.Spec.Name);
            int length = JsonSerializer.SerializeToUtf8Bytes(definition, LightVMJson.Default.GuestDefinition).Length + 1;
            if (batch.Count == CreateGuestsRequest.MaxBatch || (batch.Count > 0 && size + length > MaxRequest))
            {
                yield return batch;
                batch = [];
                size = 0;
            }

            batch.Add((step, definition));
            size += length;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
