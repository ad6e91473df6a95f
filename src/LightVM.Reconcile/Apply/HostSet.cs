namespace LightVM.Reconcile;

/// <summary>The hosts of a run: each step is its own host's, and hosts are at work side by side.</summary>
internal sealed class HostSet(IReadOnlyDictionary<string, IReconcileHost> hosts, int throttle)
{
    public IReadOnlyDictionary<string, IReconcileHost> All => hosts;

    public IReconcileHost Of(PlannedStep step) => hosts[step.Step.HostName];

    /// <summary>Has the steps done host by host, the hosts at the same time.</summary>
    public async Task ForEachAsync(
        IEnumerable<PlannedStep> steps, Func<IReconcileHost, IReadOnlyList<PlannedStep>, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        IGrouping<string, PlannedStep>[] groups = [.. steps.GroupBy(step => step.Step.HostName, StringComparer.Ordinal)];
        await Parallel.ForEachAsync(
            groups,
            new ParallelOptions { MaxDegreeOfParallelism = throttle, CancellationToken = cancellationToken },
            async (group, token) => await work(hosts[group.Key], [.. group], token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Waits until guests are ready: one result each, in that order. A host that cannot be asked is the problem of its guests.</summary>
    public async Task<IReadOnlyList<GuestResult>> WaitReadyAsync(IReadOnlyList<GuestRef> guests, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IEnumerable<Task<(string HostName, IReadOnlyList<Guid> Ids, IReadOnlyList<GuestResult> Results)>> waits = guests
            .GroupBy(guest => guest.HostName, guest => guest.Id, StringComparer.Ordinal)
            .Select(async group =>
            {
                Guid[] ids = [.. group];
                try
                {
                    return (group.Key, (IReadOnlyList<Guid>)ids, await hosts[group.Key].WaitReadyAsync(ids, timeout, cancellationToken).ConfigureAwait(false));
                }
                catch (LightVMException e)
                {
                    return (group.Key, ids, [.. ids.Select(id => new GuestResult { Target = id.ToString(), Problem = e.Problem })]);
                }
            });
        Dictionary<GuestRef, GuestResult> results = (await Task.WhenAll(waits).ConfigureAwait(false))
            .SelectMany(host => host.Ids.Zip(host.Results, (id, result) => (Guest: new GuestRef(host.HostName, id), Result: result)))
            .ToDictionary(pair => pair.Guest, pair => pair.Result);
        return [.. guests.Select(guest => results[guest])];
    }
}
