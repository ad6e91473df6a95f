using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>
/// Which host has which guest: a pure function. A guest stays where it is while its entry lets that host have it; the others get one in
/// the order of the spec, by what the hosts have left then. So the same again changes nothing, and a new host takes no guest from another.
/// </summary>
internal static class Placer
{
    /// <returns>By guest: the name of its host, or why none may have it.</returns>
    public static IReadOnlyDictionary<string, Placed> Place(IReadOnlyList<Candidate> hosts, IReadOnlyList<Demand> guests)
    {
        var placed = new Dictionary<string, Placed>(StringComparer.Ordinal);
        Load[] loads = [.. hosts.Select(host => new Load(host))];
        foreach (Demand guest in guests)
        {
            if (guest.Known.Select(name => Array.Find(loads, load => load.Host.Name == name)).FirstOrDefault(load => load is not null && Allows(load.Host, guest)) is { } home)
            {
                // What it takes is gone from the memory of the host already.
                home.Add(guest, 0);
                placed[guest.Name] = new Placed(home.Host.Name, null);
            }
            else if (guest.Known.FirstOrDefault(name => Array.Exists(loads, load => load.Host.Name == name && !load.Host.IsReachable)) is { } lost)
            {
                placed[guest.Name] = new Placed(null, new Problem
                {
                    Code = ErrorCodes.HostUnreachable,
                    Detail = $"Guest '{guest.Name}' may still be on {lost}, which cannot be reached, so it is not made on another host.",
                    Target = guest.Name,
                    Recommendation = $"Bring {lost} back, then reconcile again; or take it out of hosts: if it is gone for good.",
                });
            }
        }

        foreach (Demand guest in guests.Where(guest => !placed.ContainsKey(guest.Name)))
        {
            Load[] fitting = [.. loads.Where(load => WhyNot(load, guest) is null)];
            if (fitting.Length == 0)
            {
                placed[guest.Name] = new Placed(null, Problem(loads, guest));
                continue;
            }

            Load best = guest.Placement.Strategy == PlacementStrategy.Pack
                ? fitting.MinBy(load => load.Memory)!
                : fitting.OrderBy(load => load.CountOf(guest.Entry)).ThenBy(load => load.Count).ThenByDescending(load => load.Memory).First();
            best.Add(guest, guest.Memory);
            placed[guest.Name] = new Placed(best.Host.Name, null);
        }

        return placed;
    }

    private static bool Allows(Candidate host, Demand guest) => guest.Placement.Allows(host.Name, host.Labels);

    /// <returns>Null: the host may have it.</returns>
    private static string? WhyNot(Load load, Demand guest) =>
        guest.Placement.Host is { } only && only != load.Host.Name ? "is another host"
        : !Allows(load.Host, guest) ? "has other labels"
        : !load.Host.IsReachable ? "cannot be reached"
        : load.Host.Lacks.Contains(guest.Image) ? $"has no image '{guest.Image}'"
        : load.Host.Taken.Contains(guest.Name) ? $"has a guest '{guest.Name}' that is not this fleet's"
        : load.Memory < guest.Memory ? $"has {SpecSize.Format(Math.Max(load.Memory, 0) & -4096)} left"
        : guest.Placement.AntiAffinity.FirstOrDefault(label => load.Has(label, guest)) is { } label ? $"has a guest with {label} '{guest.Labels.GetValueOrDefault(label)}'"
        : null;

    private static Problem Problem(IReadOnlyList<Load> loads, Demand guest)
    {
        // That a host is not meant for it says nothing, unless none is.
        Load[] meant = [.. loads.Where(load => Allows(load.Host, guest))];
        string reasons = string.Join("; ", (meant.Length == 0 ? loads : meant).Select(load => $"{load.Host.Name} {WhyNot(load, guest)}"));
        bool unreachable = meant.Length > 0 && meant.All(load => !load.Host.IsReachable);
        return new Problem
        {
            Code = unreachable ? ErrorCodes.HostUnreachable : ErrorCodes.PlacementFailed,
            Detail = string.Create(CultureInfo.InvariantCulture, $"No host may have guest '{guest.Name}', which needs {SpecSize.Format(guest.Memory)}: {reasons}."),
            Target = guest.Name,
            Recommendation = unreachable ? "Bring the host back, then reconcile again." : "Add a host under hosts:, loosen the placement of its entry, or make room; then reconcile again.",
        };
    }

    /// <summary>A host with what was placed on it so far.</summary>
    private sealed class Load(Candidate host)
    {
        private readonly Dictionary<string, int> entries = new(StringComparer.Ordinal);
        private readonly HashSet<(string Label, string Value)> labels = [];

        public Candidate Host => host;

        public long Memory { get; private set; } = host.Memory;

        public int Count { get; private set; }

        public int CountOf(string entry) => entries.GetValueOrDefault(entry);

        public bool Has(string label, Demand guest) => guest.Labels.TryGetValue(label, out string? value) && labels.Contains((label, value));

        public void Add(Demand guest, long memory)
        {
            Memory -= memory;
            Count++;
            entries[guest.Entry] = CountOf(guest.Entry) + 1;
            foreach ((string label, string value) in guest.Labels)
            {
                labels.Add((label, value));
            }
        }
    }
}
