namespace LightVM.Reconcile;

/// <summary>What the hosts of a fleet have, as far as planning asks.</summary>
public sealed class ObservedFleet
{
    /// <param name="hosts">Those that were looked at, in the order of the spec.</param>
    /// <param name="departed">Those that were looked at and that the spec no longer names.</param>
    /// <param name="lost">Those that could not be looked at.</param>
    public ObservedFleet(IReadOnlyList<ObservedHost> hosts, IReadOnlyList<ObservedHost>? departed = null, IReadOnlyList<LostHost>? lost = null)
    {
        Hosts = hosts;
        Departed = departed ?? [];
        Lost = lost ?? [];
    }

    public IReadOnlyList<ObservedHost> Hosts { get; }

    public IReadOnlyList<ObservedHost> Departed { get; }

    public IReadOnlyList<LostHost> Lost { get; }

    /// <summary>Those that were looked at.</summary>
    public IEnumerable<ObservedHost> Reached => Departed.Concat(Hosts);

    /// <summary>Their names, for people.</summary>
    public string HostNames => string.Join(", ", Hosts.Select(host => host.HostName).Concat(Lost.Where(host => !host.Departed).Select(host => host.Name)));

    /// <summary>
    /// What the fleet's daemons know of its hosts: of each all guests that any of them names, since one that was away may know less than the
    /// others, and a guest that may be somewhere must not be made once more.
    /// </summary>
    public static IReadOnlyList<FleetHost> Remembered(IEnumerable<ObservedHost> hosts) =>
    [
        .. hosts.Select(host => host.Record).OfType<Fleet>().OrderByDescending(record => record.Revision).SelectMany(record => record.Hosts)
            .GroupBy(host => host.Name, StringComparer.Ordinal)
            .Select(same => new FleetHost
            {
                Name = same.Key, Address = same.First().Address,
                Guests = [.. same.SelectMany(host => host.Guests).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            }),
    ];
}
