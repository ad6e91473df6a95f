using System.Globalization;
using System.Text.Json.Nodes;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>
/// Writes what a host has of a fleet as a spec of which a plan changes nothing. Pure. Images are those of the host, so the spec has
/// no <c>images:</c>; MACs and addresses are left to the rule that makes them of the names.
/// </summary>
public static class SpecExporter
{
    /// <param name="fleet">Name of the fleet.</param>
    /// <param name="observed">What the host has.</param>
    /// <param name="adopt">Guests of no fleet that are to be of it too.</param>
    public static ExportedSpec Export(string fleet, ObservedHost observed, IReadOnlySet<string> adopt)
    {
        ArgumentException.ThrowIfNullOrEmpty(fleet);
        ArgumentNullException.ThrowIfNull(observed);
        ArgumentNullException.ThrowIfNull(adopt);
        var ownership = new Ownership(fleet, observed.Record);
        Guest[] adopted = [.. observed.Guests.Values.Where(guest => string.IsNullOrEmpty(guest.Fleet) && adopt.Contains(guest.Name) && !ownership.Owns(guest))];
        Guest[] guests = [.. observed.Guests.Values.Where(ownership.Owns).Concat(adopted).OrderBy(guest => guest.Name, StringComparer.Ordinal)];
        Network[] networks = [.. observed.Networks.Values.Where(network => network.Fleet == fleet).OrderBy(network => network.Name, StringComparer.Ordinal)];
        PoolFlavour[] pool = [.. (observed.Pool ?? []).Where(flavour => flavour.Fleet == fleet)];

        var text = new YamlText();
        text.Line(0, $"apiVersion: {SpecKeys.ApiVersion}");
        text.Line(0, $"kind: {SpecKeys.Kind}");
        text.Line(0, $"metadata: {{ name: {fleet} }}");
        if (adopted.Length > 0)
        {
            text.Line(0, "adopt: ifIdentical");
        }

        Section(text, "networks", networks, (to, network) => WriteNetwork(to, network, defaults: false));
        Section(text, "guests", [.. Entries(guests, observed)], WriteGuest);
        Section(text, "pool", pool, WriteFlavour);
        return new ExportedSpec(text.ToString(), [.. Elsewhere(fleet, observed), .. guests.SelectMany(guest => GuestEntry.Warnings(guest, observed))]);
    }

    /// <summary>Of a fleet on several hosts this is one's part.</summary>
    private static IEnumerable<string> Elsewhere(string fleet, ObservedHost observed)
    {
        if (observed.Record?.Hosts is { Count: > 0 } hosts)
        {
            yield return $"Fleet '{fleet}' lives on {string.Join(", ", hosts.Select(host => host.Name))}; this is what it has on {observed.HostName}, and the spec has no hosts:.";
        }
    }

    /// <summary>What a spec says of a guest that is as it is, defaults too. Files are not told: their host does not show them.</summary>
    public static JsonObject Describe(Guest guest, ObservedHost observed)
    {
        ArgumentNullException.ThrowIfNull(guest);
        ArgumentNullException.ThrowIfNull(observed);
        var text = new YamlText();
        WriteGuest(text, (guest.Name, 0, GuestEntry.Of(guest, observed, defaults: true)));
        return Entry(text);
    }

    /// <summary>What a spec says of a network that is as it is, defaults too.</summary>
    public static JsonObject Describe(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var text = new YamlText();
        WriteNetwork(text, network, defaults: true);
        return Entry(text);
    }

    /// <summary>An exported spec as JSON.</summary>
    public static JsonObject ToJson(ExportedSpec exported)
    {
        ArgumentNullException.ThrowIfNull(exported);
        return (JsonObject)YamlJson.Of(YamlReader.Read(exported.Text, new FindingList("export"))!)!;
    }

    private static JsonObject Entry(YamlText list) =>
        (JsonObject)YamlJson.Of(((YamlSequence)YamlReader.Read(list.ToString(), new FindingList("export"))!).Items[0])!;

    private static void Section<T>(YamlText text, string key, IReadOnlyList<T> items, Action<YamlText, T> write)
    {
        if (items.Count > 0)
        {
            text.Line(0, $"{key}:");
        }
        else if (key == "guests")
        {
            text.Line(0, "guests: []");
        }

        foreach (T item in items)
        {
            write(text, item);
        }
    }

    private static void WriteNetwork(YamlText text, Network network, bool defaults)
    {
        text.Line(1, $"- name: {network.Name}");
        void Key(bool differs, string line)
        {
            if (differs)
            {
                text.Line(2, line);
            }
        }

        bool bridged = network.Bridge is not null;
        Key(bridged, $"bridge: {YamlText.Quote(network.Bridge ?? "")}");
        Key(network.Vlan != 0, $"vlan: {network.Vlan}");
        Key(network.Trusted, "trusted: true");
        Key(!bridged, $"subnet: {network.Subnet}");
        Key(!bridged, $"subnet6: {(string.IsNullOrEmpty(network.Subnet6) ? "none" : YamlText.Quote(network.Subnet6))}");
        Key(defaults || network.Mtu != 1500, $"mtu: {network.Mtu}");
        Key(!bridged && (defaults || !network.Dhcp), $"dhcp: {NetworkDiff.Word(network.Dhcp)}");
        Key(!bridged && (defaults || !network.Nat), $"nat: {NetworkDiff.Word(network.Nat)}");
        Key(defaults || network.Broadcast, $"broadcast: {NetworkDiff.Word(network.Broadcast)}");
        Key(defaults || network.Multicast, $"multicast: {NetworkDiff.Word(network.Multicast)}");
        Key(defaults || network.Isolated, $"isolated: {NetworkDiff.Word(network.Isolated)}");
    }

    private static void WriteGuest(YamlText text, (string Name, int Replicas, IReadOnlyList<string> Keys) entry)
    {
        text.Line(1, $"- name: {entry.Name}");
        if (entry.Replicas > 0)
        {
            text.Line(2, $"replicas: {entry.Replicas}");
        }

        foreach (string key in entry.Keys)
        {
            text.Line(2, key);
        }
    }

    private static void WriteFlavour(YamlText text, PoolFlavour flavour) => text.Line(
        1, $"- {{ image: {flavour.Image}, memory: {SpecSize.Format(flavour.Memory)}, vcpus: {flavour.VCpuCount}, devices: {flavour.Devices}, count: {flavour.Wanted} }}");

    /// <summary>Guests that differ by their number alone, counted from 1, are replicas.</summary>
    private static IEnumerable<(string Name, int Replicas, IReadOnlyList<string> Keys)> Entries(IReadOnlyList<Guest> guests, ObservedHost observed)
    {
        Dictionary<string, IReadOnlyList<string>> keys = guests.ToDictionary(guest => guest.Name, guest => GuestEntry.Of(guest, observed), StringComparer.Ordinal);
        Dictionary<string, int> counts = guests
            .Select(guest => Split(guest.Name)).Where(split => split.Number > 0).GroupBy(split => split.Name, StringComparer.Ordinal)
            .Where(group => AreReplicas(group.Key, group.Count(), keys)).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        foreach (Guest guest in guests)
        {
            (string name, int number) = Split(guest.Name);
            if (number == 0 || !counts.TryGetValue(name, out int count))
            {
                yield return (guest.Name, 0, keys[guest.Name]);
            }
            else if (number == 1)
            {
                yield return (name, count, keys[guest.Name]);
            }
        }
    }

    private static bool AreReplicas(string name, int count, Dictionary<string, IReadOnlyList<string>> keys) =>
        !keys.ContainsKey(name) && keys.TryGetValue($"{name}-1", out IReadOnlyList<string>? first)
        && Enumerable.Range(2, count - 1).All(number => keys.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"), out IReadOnlyList<string>? other) && other.SequenceEqual(first, StringComparer.Ordinal));

    /// <summary>Number 0: the name does not end as a replica's does.</summary>
    private static (string Name, int Number) Split(string name)
    {
        int dash = name.LastIndexOf('-');
        return dash > 0 && name[dash - 1] != '-' && dash + 1 < name.Length && name[dash + 1] != '0'
            && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= SpecKeys.MaxReplicas
            ? (name[..dash], number)
            : (name, 0);
    }
}
