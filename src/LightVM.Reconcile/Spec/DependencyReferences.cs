namespace LightVM.Reconcile;

/// <summary>References inside the file: what depends on what. Pure.</summary>
internal static class DependencyReferences
{
    public static void Check(FleetSpec spec, FindingList findings)
    {
        string[] known = [.. spec.Guests.Select(guest => guest.Name).Distinct(StringComparer.Ordinal)];
        foreach (GuestSpec guest in spec.Guests)
        {
            foreach (DependencySpec dependency in guest.DependsOn.Where(dependency => !known.Contains(dependency.Name, StringComparer.Ordinal)))
            {
                findings.Add(
                    dependency.Mark, dependency.Path, $"guest '{guest.Name}' depends on '{dependency.Name}', which is not under guests:{Suggestion.For(dependency.Name, known)}",
                    "the name of an entry of guests:");
            }
        }

        foreach (IReadOnlyList<DependencySpec> cycle in Cycles(spec.Guests))
        {
            findings.Add(
                cycle[0].Mark, cycle[0].Path, $"guests depend on each other in a circle: {string.Join(" > ", [.. cycle.Select(one => one.Name), cycle[0].Name])}",
                "an order in which they can be started");
        }
    }

    /// <summary>
    /// The entries by when their turn is: those of level 0 depend on nothing, others on some of the level before. Entries of a circle,
    /// which <see cref="Check"/> refuses, come last.
    /// </summary>
    public static IReadOnlyDictionary<GuestSpec, int> Levels(IReadOnlyList<GuestSpec> guests)
    {
        var levels = new Dictionary<GuestSpec, int>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        List<GuestSpec> left = [.. guests];
        for (int level = 0; left.Count > 0; level++)
        {
            List<GuestSpec> turn = [.. left.Where(guest => guest.DependsOn.All(dependency => names.ContainsKey(dependency.Name) || guests.All(other => other.Name != dependency.Name)))];
            if (turn.Count == 0)
            {
                turn = [.. left];
            }

            foreach (GuestSpec guest in turn)
            {
                levels[guest] = level;
            }

            turn.ForEach(guest => names[guest.Name] = level);
            left = [.. left.Except(turn)];
        }

        return levels;
    }

    /// <summary>Each circle once, as the dependencies that make it.</summary>
    private static IEnumerable<IReadOnlyList<DependencySpec>> Cycles(IReadOnlyList<GuestSpec> guests)
    {
        Dictionary<string, GuestSpec> byName = guests.GroupBy(guest => guest.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (GuestSpec guest in guests)
        {
            var path = new List<DependencySpec>();
            if (Find(guest.Name, byName, done, path, []) is { } cycle)
            {
                yield return cycle;
            }
        }
    }

    private static IReadOnlyList<DependencySpec>? Find(
        string name, Dictionary<string, GuestSpec> byName, HashSet<string> done, List<DependencySpec> path, List<string> open)
    {
        if (open.IndexOf(name) is >= 0 and var start)
        {
            done.UnionWith(open);
            return [.. path.Skip(start)];
        }

        if (done.Contains(name) || !byName.TryGetValue(name, out GuestSpec? guest))
        {
            return null;
        }

        open.Add(name);
        foreach (DependencySpec dependency in guest.DependsOn)
        {
            path.Add(dependency);
            if (Find(dependency.Name, byName, done, path, open) is { } cycle)
            {
                return cycle;
            }

            path.RemoveAt(path.Count - 1);
        }

        open.RemoveAt(open.Count - 1);
        done.Add(name);
        return null;
    }
}
