using LightVM.Client;

namespace LightVM.Reconcile;

/// <summary>References inside the file: hosts, and placements that name them. Pure.</summary>
internal static class HostNames
{
    public static void Check(FleetSpec spec, FindingList findings)
    {
        CheckTwice(spec, findings);
        foreach (GuestSpec guest in spec.Guests)
        {
            if (guest.Placement is { } placement)
            {
                Check(spec, guest, placement, findings);
            }
        }
    }

    private static void CheckTwice(FleetSpec spec, FindingList findings)
    {
        var names = new Dictionary<string, HostSpec>(StringComparer.Ordinal);
        var places = new Dictionary<HostEndpoint, HostSpec>();
        foreach (HostSpec host in spec.Hosts)
        {
            if (!names.TryAdd(host.Name, host))
            {
                findings.Add(host.MarkOf("name"), $"{host.Path}.name", $"host '{host.Name}' is named twice, first at {spec.SourceOf(names[host.Name].MarkOf("name"))}", "each host once");
            }
            else if (HostEndpoint.TryParse(host.Address, out HostEndpoint? endpoint, out _) && !places.TryAdd(endpoint with { Name = "" }, host))
            {
                findings.Add(
                    host.MarkOf("address"), $"{host.Path}.address", $"host '{host.Name}' is the same place as '{places[endpoint with { Name = "" }].Name}': {host.Address}", "each host once");
            }
        }
    }

    private static void Check(FleetSpec spec, GuestSpec guest, PlacementSpec placement, FindingList findings)
    {
        SourceMark MarkOf(string key) => placement.Marks.TryGetValue(key, out SourceMark mark) ? mark : guest.MarkOf("placement");
        string path = $"{guest.Path}.placement";
        string[] known = [.. spec.Hosts.Select(host => host.Name).Distinct(StringComparer.Ordinal)];
        if (known.Length == 0)
        {
            findings.Add(guest.MarkOf("placement"), path, $"guest '{guest.Name}' has a placement, and the spec has no hosts", "hosts: with those that guests are placed on");
        }
        else if (placement.Host is { } only && !known.Contains(only, StringComparer.Ordinal))
        {
            findings.Add(MarkOf("host"), $"{path}.host", $"host '{only}' is not under hosts:{Suggestion.For(only, known)}", $"one of {string.Join(", ", known)}");
        }
        else if (!spec.Hosts.Any(host => placement.Allows(host.Name, host.Labels)))
        {
            findings.Add(MarkOf("hostLabels"), $"{path}.hostLabels", $"{(placement.Host is null ? "no host has" : $"host '{placement.Host}' has not")} all of these labels", "labels that a host under hosts: has");
        }

        foreach (string label in placement.AntiAffinity.Where(label => !guest.Labels.ContainsKey(label)))
        {
            findings.Add(
                MarkOf("antiAffinity"), $"{path}.antiAffinity", $"guest '{guest.Name}' has no label '{label}'{Suggestion.For(label, [.. guest.Labels.Keys])}",
                "names of labels that the guest has");
        }
    }
}
