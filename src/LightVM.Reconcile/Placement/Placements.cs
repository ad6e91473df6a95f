namespace LightVM.Reconcile;

/// <summary>Between what was observed and <see cref="Placer"/>. Pure.</summary>
internal static class Placements
{
    /// <returns>By guest of the spec: where it is to be.</returns>
    public static IReadOnlyDictionary<string, Placed> Of(FleetSpec spec, ObservedFleet fleet)
    {
        Dictionary<string, ObservedHost> reached = fleet.Hosts.ToDictionary(host => host.HostName, StringComparer.Ordinal);
        Dictionary<string, HashSet<string>> has = spec.Hosts.ToDictionary(host => host.Name, host => Has(spec, host.Name, reached, fleet), StringComparer.Ordinal);
        string[] images = [.. spec.Guests.Select(guest => guest.Image).Distinct(StringComparer.Ordinal).Where(image => spec.Images.All(own => own.Name != image))];
        Candidate[] candidates =
        [
            .. spec.Hosts.Select(host => reached.TryGetValue(host.Name, out ObservedHost? observed)
                ? new Candidate(
                    host.Name, host.Labels, true, observed.Memory,
                    observed.Guests.Keys.Where(name => !has[host.Name].Contains(name)).ToHashSet(StringComparer.Ordinal),
                    images.Where(image => !observed.Images.ContainsKey(image)).ToHashSet(StringComparer.Ordinal))
                : new Candidate(host.Name, host.Labels, false, 0, new HashSet<string>(), new HashSet<string>())),
        ];
        var demands = new List<Demand>();
        foreach (GuestSpec guest in spec.Guests)
        {
            long memory = guest.Memory ?? GuestShape.LeastMemory(fleet.Hosts.Select(host => WantedImage.Find(spec, host, guest.Image)).FirstOrDefault(image => image is not null)?.MinimumMemory ?? 0);
            demands.AddRange(guest.Members.Select(member => new Demand(
                member.Name, guest.Name, guest.Image, memory, member.Expand(guest.Labels), guest.Placement ?? new PlacementSpec(),

                // Where it was seen counts before where it was last heard of.
                [.. candidates.Where(host => has[host.Name].Contains(member.Name)).OrderByDescending(host => host.IsReachable).Select(host => host.Name)])));
        }

        return Placer.Place(candidates, demands);
    }

    /// <summary>The fleet's guests on a host; those that it may adopt are as good.</summary>
    private static HashSet<string> Has(FleetSpec spec, string name, Dictionary<string, ObservedHost> reached, ObservedFleet fleet)
    {
        if (!reached.TryGetValue(name, out ObservedHost? host))
        {
            return [.. fleet.Lost.FirstOrDefault(lost => lost.Name == name)?.Guests ?? []];
        }

        var ownership = new Ownership(spec.Name, host.Record);
        return
        [
            .. host.Guests.Values
                .Where(guest => ownership.Owns(guest) || (spec.Adopt != AdoptPolicy.Never && string.IsNullOrEmpty(guest.Fleet)))
                .Select(guest => guest.Name),
        ];
    }
}
