using System.Diagnostics;
using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>
/// Changes the guests of an entry that may not be ready for it, some at a time: those that are stopped, or probed in another way. The
/// next ones have their turn when those before are ready and have stayed so. At the first that is not, it stops, and has those that it has changed be what they were.
/// </summary>
internal sealed class RollingUpdate(HostSet hosts, RunState run, GuestChanger changer, GuestSpec entry, IReadOnlyList<PlannedStep> steps)
{
    private readonly UpdateSpec update = entry.Update!;
    private readonly List<(PlannedStep Step, Stopwatch Clock)> succeeded = [];

    /// <summary>Guests whose definition was changed: the host remembers what they were.</summary>
    private readonly HashSet<PlannedStep> defined = [];

    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        // Those that do not run are nobody's loss.
        PlannedStep[] order = [.. steps.OrderBy(step => step.Guest!.State == GuestState.Running ? 1 : 0)];
        try
        {
            await TakeTurnsAsync(order, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Only now is it known that they are not taken back.
            succeeded.ForEach(one => run.Succeed(one.Step, one.Clock));
        }
    }

    private async Task TakeTurnsAsync(PlannedStep[] order, CancellationToken cancellationToken)
    {
        Problem? stopped = null;
        foreach (PlannedStep[] turn in order.Chunk(update.MaxUnavailable))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (stopped is null && !turn.Any(step => run.IsLost(step.Step.HostName)))
            {
                stopped = await OthersAsync(order, cancellationToken).ConfigureAwait(false);
            }

            if (stopped is not null)
            {
                Array.ForEach(turn, step => run.Block(step, $"the rolling update of '{entry.Name}' has stopped", stopped));
                continue;
            }

            stopped = await TakeTurnAsync(turn, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Those of the entry that are not to be changed any more are ready, also when an earlier run left one of them broken; blocked ones are known.</summary>
    private async Task<Problem?> OthersAsync(PlannedStep[] order, CancellationToken cancellationToken)
    {
        var changed = succeeded.Select(one => one.Step).ToHashSet();
        HashSet<GuestRef> waiting = [.. order.Where(step => !changed.Contains(step)).Select(Ref)];
        waiting.UnionWith(run.Plan.Steps.Where(step => step.Spec == entry && step.Step.Action == PlanAction.Blocked && step.Guest is not null).Select(Ref));
        GuestRef[] others = [.. run.GuestsOf(entry).Where(guest => !waiting.Contains(guest))];
        return others.Length == 0 ? null : await ProbeAsync(others, TimeSpan.FromSeconds(update.ProgressDeadline), cancellationToken).ConfigureAwait(false);
    }

    /// <returns>Why it goes no further; null: it does.</returns>
    private async Task<Problem?> TakeTurnAsync(PlannedStep[] turn, CancellationToken cancellationToken)
    {
        (PlannedStep Step, Stopwatch Clock, Problem? Problem)[] taken = await Task.WhenAll(turn.Select(async step =>
        {
            var clock = Stopwatch.StartNew();
            return (step, clock, await ChangeAsync(step, cancellationToken).ConfigureAwait(false));
        })).ConfigureAwait(false);
        foreach ((PlannedStep step, Stopwatch clock, Problem? _) in taken.Where(one => one.Problem is null))
        {
            clock.Stop();
            succeeded.Add((step, clock));
        }

        (PlannedStep Step, Stopwatch Clock, Problem? Problem)[] broken = [.. taken.Where(one => one.Problem is not null)];
        if (broken.Length == 0)
        {
            return null;
        }

        Problem problem = broken[0].Problem!;
        bool reverts = update.AutoRevert && !IsLost(problem);
        foreach ((PlannedStep step, Stopwatch clock, Problem? why) in broken)
        {
            string ended = reverts && defined.Contains(step) ? await RevertAsync(step, cancellationToken).ConfigureAwait(false) : "";
            run.Fail(step, IsLost(why!) ? why! : With(why!, ended), clock);
        }

        Problem stopped = Stopped(broken[0].Step, problem);
        if (reverts)
        {
            await RevertSucceededAsync(stopped, cancellationToken).ConfigureAwait(false);
        }

        return stopped;
    }

    /// <summary>Those that were changed before go back too, the last one first, each as carefully as it came.</summary>
    private async Task RevertSucceededAsync(Problem stopped, CancellationToken cancellationToken)
    {
        foreach ((PlannedStep step, Stopwatch clock) in Enumerable.Reverse(succeeded).Where(one => defined.Contains(one.Step)).ToArray())
        {
            succeeded.Remove((step, clock));
            string ended = await RevertAsync(step, cancellationToken).ConfigureAwait(false);
            run.Revert(step, $"taken back: the rolling update of '{entry.Name}' has stopped", With(stopped, ended), clock);
        }
    }

    /// <returns>Why it is broken; null: it is ready, and has stayed so.</returns>
    private async Task<Problem?> ChangeAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        run.Tell(ReconcilePhase.Apply, step.Step.ToString());
        try
        {
            await changer.ChangeAsync(step, cancellationToken, () =>
            {
                lock (defined)
                {
                    defined.Add(step);
                }
            }).ConfigureAwait(false);
            run.Tell(ReconcilePhase.Probe, $"Waiting until {step.Step.Name} is ready");
            return await StaysReadyAsync(Ref(step), cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            return e.Problem;
        }
    }

    private async Task<Problem?> StaysReadyAsync(GuestRef guest, CancellationToken cancellationToken)
    {
        IReadOnlyList<GuestResult> first = await hosts.WaitReadyAsync([guest], TimeSpan.FromSeconds(update.ProgressDeadline), cancellationToken).ConfigureAwait(false);
        if (first[0].Problem is { } problem || update.MinHealthySeconds == 0)
        {
            return first[0].Problem;
        }

        await Task.Delay(TimeSpan.FromSeconds(update.MinHealthySeconds), run.Plan.Options.Time, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<GuestResult> then = await hosts.WaitReadyAsync([guest], TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        if (then[0].Problem is { } later)
        {
            return later;
        }

        return then[0].Guest?.DomainId == first[0].Guest?.DomainId ? null : new Problem
        {
            Code = ErrorCodes.UpdateFailed,
            Detail = string.Create(CultureInfo.InvariantCulture, $"It ended ({then[0].Guest?.EndReason}) and was started again within {update.MinHealthySeconds} s."),
        };
    }

    private async Task<Problem?> ProbeAsync(IReadOnlyList<GuestRef> guests, TimeSpan limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<GuestResult> results = await hosts.WaitReadyAsync(guests, limit, cancellationToken).ConfigureAwait(false);
        return results.FirstOrDefault(result => result.Problem is not null)?.Problem switch
        {
            null => null,
            var lost when IsLost(lost) => lost,
            var problem => new Problem
            {
                Code = ErrorCodes.UpdateFailed,
                Detail = $"The rolling update of '{entry.Name}' has not gone on: another of its guests is not ready. {problem.Detail}",
                Target = entry.Name,
                Recommendation = $"Mend that one, or change the spec; then reconcile again (Get-LightVM {entry.Name}* shows which are ready).",
            },
        };
    }

    /// <returns>How it ended, for people.</returns>
    private async Task<string> RevertAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        run.Tell(ReconcilePhase.Apply, $"Taking {step.Step.Name} back");
        try
        {
            await changer.RevertAsync(step, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<GuestResult> results = await hosts.WaitReadyAsync(
                [Ref(step)], TimeSpan.FromSeconds(update.ProgressDeadline), cancellationToken).ConfigureAwait(false);
            return results[0].Problem is { } problem ? $" It is what it was before, and not ready: {problem.Detail}" : " It is what it was before, and ready.";
        }
        catch (LightVMException e)
        {
            return $" It could not be taken back: {e.Problem.Detail}";
        }
    }

    private static GuestRef Ref(PlannedStep step) => new(step.Step.HostName, step.Guest!.Id);

    private static bool IsLost(Problem problem) => problem.Code is ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied;

    private Problem Stopped(PlannedStep step, Problem problem) => new()
    {
        Code = ErrorCodes.UpdateFailed,
        Detail = $"The rolling update of '{entry.Name}' has stopped at '{step.Step.Name}': {problem.Detail}",
        Target = entry.Name,
        Recommendation = $"Look at the console of '{step.Step.Name}' (Receive-LightVMConsole {step.Step.Name}), mend the spec or its image, and reconcile again.",
    };

    private static Problem With(Problem problem, string ended) => new()
    {
        Code = problem.Code is ErrorCodes.WaitTimeout ? ErrorCodes.UpdateFailed : problem.Code,
        Status = problem.Status,
        Title = problem.Title,
        Target = problem.Target,
        Detail = problem.Detail + ended,
        Recommendation = problem.Recommendation ?? "Look at its console (Receive-LightVMConsole), mend the spec or its image, and reconcile again.",
        Details = problem.Details,
    };
}
