namespace LightVM.Reconcile;

/// <summary>References inside the file: what two guests cannot both have, and addresses that are not of their network.</summary>
internal static class DeviceReferences
{
    public static void Check(FleetSpec spec, FindingList findings)
    {
        var networks = new Dictionary<string, NetworkSpec>(StringComparer.Ordinal);
        foreach (NetworkSpec network in spec.Networks)
        {
            if (!networks.TryAdd(network.Name, network))
            {
                findings.Add(
                    network.MarkOf("name"), $"{network.Path}.name",
                    $"network '{network.Name}' is named twice, first at {spec.SourceOf(networks[network.Name].MarkOf("name"))}", "each network once");
            }
        }

        var owners = new Dictionary<string, (GuestSpec Guest, SourceMark Mark)>(StringComparer.Ordinal);
        foreach (GuestSpec guest in spec.Guests.Where(guest => guest.Replicas != 0))
        {
            foreach (AdapterSpec adapter in guest.Adapters ?? [])
            {
                CheckAdapter(spec, guest, adapter, networks.GetValueOrDefault(adapter.Network), owners, findings);
            }

            foreach (DiskSpec disk in guest.Disks.Where(disk => !disk.ReadOnly))
            {
                ClaimDisk(spec, guest, disk, owners, findings);
            }

            if (guest.Publish.Count > 0 && guest.Adapters is { Count: 0 })
            {
                findings.Add(guest.MarkOf("publish"), $"{guest.Path}.publish", $"guest '{guest.Name}' publishes ports and has no adapter", "an adapter on a network");
            }

            foreach (PublishSpec publish in guest.Publish)
            {
                CheckPort(spec, guest, publish, owners, findings);
            }
        }

        CheckReadOnly(spec, owners, findings);
    }

    private static void CheckAdapter(
        FleetSpec spec, GuestSpec guest, AdapterSpec adapter, NetworkSpec? network, Dictionary<string, (GuestSpec, SourceMark)> owners, FindingList findings)
    {
        if (adapter.Mac is { } mac)
        {
            Claim(spec, guest, $"mac {mac}", $"MAC {mac}", adapter.Mark, $"{adapter.Path}.mac", "a MAC for each adapter, or none", owners, findings);
        }

        if (adapter.Address is not { } address)
        {
            return;
        }

        Claim(spec, guest, $"address {adapter.Network} {address}", $"address {address}", adapter.Mark, $"{adapter.Path}.address", "an address for each adapter, or none", owners, findings);
        CheckAddress(adapter, network?.Subnet, network?.Bridge, findings);
    }

    /// <summary>Whether the address of an adapter can be of its network.</summary>
    public static void CheckAddress(AdapterSpec adapter, string? subnet, string? bridge, FindingList findings)
    {
        if (adapter.Address is not { } address)
        {
            return;
        }

        if (bridge is not null)
        {
            findings.Add(adapter.Mark, $"{adapter.Path}.address", $"'address' on network '{adapter.Network}', a bridge of the host", "no address: it is the bridge owner's to give");
        }
        else if (subnet is not null && !SpecAddress.IsForGuests(address, subnet))
        {
            findings.Add(adapter.Mark, $"{adapter.Path}.address", $"address {address} is not for a guest of network '{adapter.Network}'", $"one of {subnet} but its first two and its last");
        }
    }

    /// <summary>A port of all addresses and the same one of a single address clash too.</summary>
    private static void CheckPort(
        FleetSpec spec, GuestSpec guest, PublishSpec publish, Dictionary<string, (GuestSpec Guest, SourceMark Mark)> owners, FindingList findings)
    {
        const string expected = "a port of the host that no other guest has";
        string? group = guest.GroupOf(publish.Port, spec.Name);
        string port = $"port {publish.Port.HostPort}/{publish.Port.Protocol}";
        string key = publish.Port.HostAddress is { } address ? $"{port} of {address}" : port;
        string? other = publish.Port.HostAddress is null
            ? owners.Keys.FirstOrDefault(taken => taken.StartsWith(port + " of ", StringComparison.Ordinal))
            : owners.ContainsKey(port) ? port : null;
        if (other is not null)
        {
            findings.Add(publish.Mark, publish.Path, $"host {key} is another's too, at {spec.SourceOf(owners[other].Mark)}", expected);
            return;
        }

        if (group is not null && owners.TryGetValue(key, out (GuestSpec Guest, SourceMark Mark) owner)
            && owner.Guest.Publish.Any(port => owner.Guest.GroupOf(port.Port, spec.Name) == group))
        {
            return; // it shares the port
        }

        Claim(spec, guest, key, $"host {key}", publish.Mark, publish.Path, expected, owners, findings, shared: group is not null);
    }

    /// <summary>Replicas have disks of their own where the path names them.</summary>
    private static void ClaimDisk(
        FleetSpec spec, GuestSpec guest, DiskSpec disk, Dictionary<string, (GuestSpec Guest, SourceMark Mark)> owners, FindingList findings)
    {
        const string expected = "a disk of its own (such as /srv/${name}.img), or 'readOnly: true' for all";
        string place = $"{disk.Place}.path";
        string[] paths = PathsOf(guest, disk);
        if (paths.Length == 1)
        {
            Claim(spec, guest, $"disk {paths[0]}", $"disk '{paths[0]}'", disk.Mark, place, expected, owners, findings);
        }
        else if (Array.Find(paths, path => !owners.TryAdd($"disk {path}", (guest, disk.Mark))) is { } taken)
        {
            findings.Add(disk.Mark, place, $"disk '{taken}' is another's too, at {spec.SourceOf(owners[$"disk {taken}"].Mark)}", expected);
        }
    }

    /// <summary>Each once.</summary>
    private static string[] PathsOf(GuestSpec guest, DiskSpec disk) =>
        ReplicaName.Varies(disk.Path) ? [.. guest.Members.Select(member => member.Expand(disk.Path)).Distinct(StringComparer.Ordinal)] : [disk.Path];

    private static void Claim(
        FleetSpec spec, GuestSpec guest, string key, string what, SourceMark mark, string path, string expected,
        Dictionary<string, (GuestSpec Guest, SourceMark Mark)> owners, FindingList findings, bool shared = false)
    {
        if (guest.Replicas > 1 && !shared)
        {
            findings.Add(mark, path, $"{what} for {guest.Replicas} replicas of guest '{guest.Name}'", expected);
        }
        else if (!owners.TryAdd(key, (guest, mark)))
        {
            findings.Add(mark, path, $"{what} is another's too, at {spec.SourceOf(owners[key].Mark)}", expected);
        }
    }

    /// <summary>A disk that one writes to is nobody else's, not even to read.</summary>
    private static void CheckReadOnly(FleetSpec spec, Dictionary<string, (GuestSpec Guest, SourceMark Mark)> owners, FindingList findings)
    {
        foreach ((GuestSpec guest, DiskSpec disk) in spec.Guests.SelectMany(guest => guest.Disks.Select(disk => (guest, disk))).Where(pair => pair.disk.ReadOnly))
        {
            string? path = Array.Find(PathsOf(guest, disk), path => owners.ContainsKey($"disk {path}"));
            if (path is not null && owners.TryGetValue($"disk {path}", out (GuestSpec Guest, SourceMark Mark) writer))
            {
                findings.Add(
                    disk.Mark, $"{disk.Place}.path", $"disk '{path}' is written to by guest '{writer.Guest.Name}' at {spec.SourceOf(writer.Mark)}",
                    "a disk that no guest writes to");
            }
        }
    }
}
