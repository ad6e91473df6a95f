namespace LightVM.Reconcile;

/// <summary>What cannot be done because a host cannot be reached, or because no host may have a guest. Pure.</summary>
internal static class LostPlanner
{
    /// <summary>The hosts themselves; of those that the spec no longer names the guests too.</summary>
    public static IEnumerable<PlannedStep> Hosts(FleetSpec spec, ObservedFleet observed)
    {
        foreach (LostHost host in observed.Lost)
        {
            yield return Step(
                ResourceKind.Host, host.Name, host.Name, host.Departed ? "the spec no longer names it, and it cannot be reached" : "cannot be reached", host.Problem,
                spec.Hosts.FirstOrDefault(named => named.Name == host.Name) is { } entry ? spec.SourceOf(entry.MarkOf("name")) : null);
            foreach (string guest in host.Departed ? host.Guests : [])
            {
                yield return Step(ResourceKind.Guest, guest, host.Name, "the spec no longer names its host, which cannot be reached", host.Problem, null);
            }
        }
    }

    /// <summary>Guests that are placed on a host that cannot be reached, or nowhere.</summary>
    public static IEnumerable<PlannedStep> Guests(FleetSpec spec, ObservedFleet observed, IReadOnlyDictionary<string, Placed>? places)
    {
        if (places is null)
        {
            yield break;
        }

        Dictionary<string, LostHost> lost = observed.Lost.Where(host => !host.Departed).ToDictionary(host => host.Name, StringComparer.Ordinal);
        foreach (GuestSpec entry in spec.Guests)
        {
            foreach (string name in entry.GuestNames)
            {
                Placed place = places[name];
                string source = spec.SourceOf(entry.MarkOf("name"));
                if (place.HostName is null)
                {
                    string meant = string.Join(", ", spec.Hosts.Where(host => entry.Placement?.Allows(host.Name, host.Labels) ?? true).Select(host => host.Name));
                    yield return Step(ResourceKind.Guest, name, meant, "no host may have it", place.Problem, source) with { Spec = entry };
                }
                else if (lost.TryGetValue(place.HostName, out LostHost? host))
                {
                    yield return Step(ResourceKind.Guest, name, host.Name, "its host cannot be reached", host.Problem, source) with { Spec = entry };
                }
            }
        }
    }

    private static PlannedStep Step(ResourceKind kind, string name, string host, string reason, Problem? problem, string? source) => new(new PlanStep
    {
        Kind = kind, Name = name, HostName = host, Action = PlanAction.Blocked, Reason = reason, Problem = problem, Source = source,
    });
}
