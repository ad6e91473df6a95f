using System.Collections.Concurrent;

namespace LightVM.Reconcile;

/// <summary>
/// Looks at all hosts of a spec at once, and at those that the fleet's daemons remember and the spec no longer names. One that cannot be
/// reached does not keep the others from it.
/// </summary>
internal sealed class FleetObserver(IHostDirectory directory, ReconcileOptions options)
{
    private readonly ConcurrentDictionary<string, IReconcileHost> connections = new(StringComparer.Ordinal);

    /// <summary>The hosts that were opened, by name.</summary>
    public IReadOnlyDictionary<string, IReconcileHost> Connections => connections;

    public async Task<ObservedFleet> ObserveAsync(FleetSpec spec, CancellationToken cancellationToken)
    {
        var named = await LookAsync(spec, [.. spec.Hosts.Select(host => new FleetHost { Name = host.Name, Address = host.Address })], isRecorded: false, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FleetHost> remembered = ObservedFleet.Remembered(named.Select(one => one.Observed).OfType<ObservedHost>());

        FleetHost[] left = [.. remembered.Where(host => spec.Hosts.All(kept => kept.Name != host.Name) && !options.ForgetHosts.Contains(host.Name, StringComparer.Ordinal))];
        var departed = await LookAsync(spec, left, isRecorded: true, cancellationToken).ConfigureAwait(false);
        LostHost Lost((FleetHost Host, ObservedHost? Observed, Problem? Problem) one, bool gone) => new(
            one.Host.Name, one.Host.Address, one.Problem!, remembered.FirstOrDefault(host => host.Name == one.Host.Name)?.Guests ?? [], gone);
        return new ObservedFleet(
            [.. named.Select(one => one.Observed).OfType<ObservedHost>()],
            [.. departed.Select(one => one.Observed).OfType<ObservedHost>().Where(host => HasPart(host, spec))],
            [.. departed.Where(one => one.Observed is null).Select(one => Lost(one, true)), .. named.Where(one => one.Observed is null).Select(one => Lost(one, false))]);
    }

    /// <summary>Whether anything of the fleet is there: one that was away when another was forgotten still names it.</summary>
    private static bool HasPart(ObservedHost host, FleetSpec spec) =>
        host.Record is not null || host.Guests.Values.Any(guest => guest.Fleet == spec.Name) || host.Networks.Values.Any(network => network.Fleet == spec.Name)
        || (host.Pool ?? []).Any(flavour => flavour.Fleet == spec.Name);

    private async Task<(FleetHost Host, ObservedHost? Observed, Problem? Problem)[]> LookAsync(
        FleetSpec spec, FleetHost[] hosts, bool isRecorded, CancellationToken cancellationToken)
    {
        var looks = new (FleetHost Host, ObservedHost? Observed, Problem? Problem)[hosts.Length];
        await Parallel.ForAsync(
            0,
            hosts.Length,
            new ParallelOptions { MaxDegreeOfParallelism = options.HostThrottle, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                try
                {
                    IReconcileHost host = directory.Open(hosts[i].Name, hosts[i].Address, isRecorded);
                    connections[hosts[i].Name] = host;
                    ObservedHost observed = await host.ObserveAsync(spec.Name, token).ConfigureAwait(false);
                    await host.RequireSharedFleetsAsync(token).ConfigureAwait(false);
                    observed.Memory = await host.GetAvailableMemoryAsync(token).ConfigureAwait(false);
                    observed.Address = hosts[i].Address;
                    looks[i] = (hosts[i], observed, null);
                }
                catch (LightVMException e)
                {
                    looks[i] = (hosts[i], null, e.Problem);
                }
            }).ConfigureAwait(false);
        return looks;
    }
}
