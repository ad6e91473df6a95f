namespace LightVM.Reconcile;

/// <summary>References inside the file, first part: names that clash.</summary>
internal static class NameReferences
{
    public static void Check(FleetSpec spec, FindingList findings)
    {
        CheckImages(spec, findings);
        CheckGuests(spec, findings);
    }

    private static void CheckImages(FleetSpec spec, FindingList findings)
    {
        var seen = new Dictionary<string, ImageSpec>(StringComparer.Ordinal);
        foreach (ImageSpec image in spec.Images)
        {
            if (!seen.TryAdd(image.Name, image))
            {
                findings.Add(
                    image.NameMark, $"{image.Place}.name", $"image '{image.Name}' is named twice, first at {spec.SourceOf(seen[image.Name].NameMark)}",
                    "each image once");
            }
        }
    }

    private static void CheckGuests(FleetSpec spec, FindingList findings)
    {
        var entries = new Dictionary<string, GuestSpec>(StringComparer.Ordinal);
        var owners = new Dictionary<string, GuestSpec>(StringComparer.Ordinal);
        int total = 0;
        foreach (GuestSpec guest in spec.Guests)
        {
            SourceMark mark = guest.MarkOf("name");
            string path = $"{guest.Path}.name";
            if (!entries.TryAdd(guest.Name, guest))
            {
                findings.Add(
                    mark, path, $"guest '{guest.Name}' is named twice, first at {spec.SourceOf(entries[guest.Name].MarkOf("name"))}", "each guest once");
                continue;
            }

            total += guest.Replicas ?? 1;
            if (total > SpecKeys.MaxGuests)
            {
                findings.Add(
                    guest.MarkOf("replicas"), $"{guest.Path}.replicas", $"more than {SpecKeys.MaxGuests:N0} guests in the file",
                    $"at most {SpecKeys.MaxGuests:N0}");
                return;
            }

            // One finding for a pair of entries, not one for each of their replicas.
            var told = new HashSet<GuestSpec>();
            foreach (string name in guest.GuestNames)
            {
                if (owners.TryAdd(name, guest) || !told.Add(owners[name]))
                {
                    continue;
                }

                GuestSpec other = owners[name];
                findings.Add(
                    mark, path,
                    $"{Describe(guest, name)} has the name of {Describe(other, name)} at {spec.SourceOf(other.MarkOf("name"))}: '{name}'",
                    "a name that no other guest has");
            }
        }
    }

    private static string Describe(GuestSpec guest, string name) =>
        guest.Replicas is null ? $"guest '{guest.Name}'" : $"replica {name[(guest.Name.Length + 1)..]} of guest '{guest.Name}'";
}
