using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>
/// Makes and changes guests level by level: those that others depend on come first, and are ready before the others' turn. Those whose
/// dependencies do not become ready are left alone.
/// </summary>
internal sealed class GuestOrder(HostSet hosts, RunState run)
{
    private readonly GuestCreator creator = new(hosts, run);
    private readonly GuestChanger changer = new(hosts, run);

    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<GuestSpec, int> levels = DependencyReferences.Levels(run.Plan.Spec.Guests);
        int last = levels.Count == 0 ? 0 : levels.Values.Max();
        if (last > 0)
        {
            run.Tell(ReconcilePhase.Order, string.Create(CultureInfo.InvariantCulture, $"Guests have their turn in {last + 1} levels"));
        }

        for (int level = 0; level <= last; level++)
        {
            if (level > 0)
            {
                await AwaitDependenciesAsync([.. levels.Where(pair => pair.Value == level).Select(pair => pair.Key)], cancellationToken).ConfigureAwait(false);
            }

            bool Mine(PlannedStep step) => step.Spec is { } entry && levels[entry] == level;
            await creator.ApplyAsync(Mine, cancellationToken).ConfigureAwait(false);
            await changer.ApplyAsync(Mine, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for what these entries depend on, as far as anything of them is to be done.</summary>
    private async Task AwaitDependenciesAsync(IReadOnlyList<GuestSpec> entries, CancellationToken cancellationToken)
    {
        ILookup<GuestSpec, PlannedStep> open = run.OpenGuests
            .Where(step => step.Spec is { } entry && entries.Contains(entry)).ToLookup(step => step.Spec!);
        var known = new Dictionary<string, Problem?>(StringComparer.Ordinal);
        foreach (IGrouping<GuestSpec, PlannedStep> waiting in open)
        {
            foreach (string name in waiting.Key.DependsOn.Select(dependency => dependency.Name))
            {
                if (!known.TryGetValue(name, out Problem? problem))
                {
                    GuestSpec? needed = run.Plan.Spec.Guests.FirstOrDefault(guest => guest.Name == name);
                    known[name] = problem = needed is null ? null : await ProbeAsync(needed, cancellationToken).ConfigureAwait(false);
                }

                if (problem is not null)
                {
                    waiting.ToList().ForEach(step => run.Block(step, $"depends on '{name}', which is not ready", problem));
                    break;
                }
            }
        }
    }

    /// <returns>Why the guests of an entry are not ready; null: they are.</returns>
    private async Task<Problem?> ProbeAsync(GuestSpec entry, CancellationToken cancellationToken)
    {
        if (run.FailedOf(entry) is [var failed, ..])
        {
            return Problem(entry, $"guest '{failed.Step.Name}' is not as the spec says");
        }

        IReadOnlyList<GuestRef> guests = [.. run.GuestsOf(entry).Where(guest => !run.IsLost(guest.HostName))];
        if (guests.Count == 0)
        {
            return null;
        }

        run.Tell(ReconcilePhase.Probe, $"Waiting until {entry.Name} is ready");
        IReadOnlyList<GuestResult> results = await hosts.WaitReadyAsync(
            guests, TimeSpan.FromSeconds((entry.Update ?? new UpdateSpec()).ProgressDeadline), cancellationToken).ConfigureAwait(false);
        return results.FirstOrDefault(result => result.Problem is not null)?.Problem is { } problem
            ? problem.Code is ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied ? problem : Problem(entry, problem.Detail)
            : null;
    }

    private static Problem Problem(GuestSpec entry, string why) => new()
    {
        Code = ErrorCodes.WaitTimeout,
        Detail = $"What depends on '{entry.Name}' was left alone: {why}",
        Target = entry.Name,
        Recommendation = $"Look at its console (Receive-LightVMConsole) and at its probes (Get-LightVM {entry.Name}*), then reconcile again.",
    };
}
