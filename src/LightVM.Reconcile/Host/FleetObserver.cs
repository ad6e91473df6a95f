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
        ObservedHost[] hosts = [.. named.Select(one => one.Observed).OfType<ObservedHost>()];
        RequireEachOnce(hosts);
        IReadOnlyList<FleetHost> remembered = ObservedFleet.Remembered(hosts);

        FleetHost[] left = [.. remembered.Where(host => spec.Hosts.All(kept => kept.Name != host.Name) && !options.ForgetHosts.Contains(host.Name, StringComparer.Ordinal))];
        var departed = await LookAsync(spec, left, isRecorded: true, cancellationToken).ConfigureAwait(false);
        LostHost Lost((FleetHost Host, ObservedHost? Observed, Problem? Problem) one, bool gone) => new(
            one.Host.Name, one.Host.Address, one.Problem!, remembered.FirstOrDefault(host => host.Name == one.Host.Name)?.Guests ?? [], gone);
        return new ObservedFleet(
            hosts,
            [.. departed.Select(one => one.Observed).OfType<ObservedHost>().Where(host => HasPart(host, spec) && !IsRenamed(host, hosts))],
            [.. departed.Where(one => one.Observed is null).Select(one => Lost(one, true)), .. named.Where(one => one.Observed is null).Select(one => Lost(one, false))]);
    }

    /// <summary>Its guests would be made on one and, as the other, deleted.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    private static void RequireEachOnce(ObservedHost[] hosts)
    {
        foreach ((int index, ObservedHost host) in hosts.Index())
        {
            if (Array.Find(hosts[..index], host.IsSameDaemon) is { } same)
            {
                throw new LightVMException(
                    ErrorCodes.InvalidArgument, $"Hosts '{same.HostName}' and '{host.HostName}' of the spec are one and the same.", host.HostName, "Name each host once under hosts:.");
            }
        }
    }

    /// <summary>A host that has another name now has not left: what is there is not to be pruned.</summary>
    private bool IsRenamed(ObservedHost host, ObservedHost[] hosts) => Array.Exists(hosts, host.IsSameDaemon) && connections.TryRemove(host.HostName, out _);

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
