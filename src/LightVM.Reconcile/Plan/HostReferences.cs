namespace LightVM.Reconcile;

/// <summary>The last phase of validation: what the spec takes for granted of the host.</summary>
public static class HostReferences
{
    /// <exception cref="LightVMException">SpecInvalid: an image or network is nowhere, or a guest has too little memory for its image. FeatureMissing.</exception>
    public static void Check(FleetSpec spec, ObservedHost observed)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Check(spec, observed, spec.Guests);
    }

    /// <summary>The same on several hosts: of each what is placed there.</summary>
    internal static void Check(FleetSpec spec, ObservedFleet observed, IReadOnlyDictionary<string, Placed>? places)
    {
        if (places is null)
        {
            CheckAlone(spec, observed.Hosts[0]);
            Check(spec, observed.Hosts[0]);
            return;
        }

        foreach (ObservedHost host in observed.Hosts)
        {
            Check(spec, host, [.. spec.Guests.Where(guest => guest.GuestNames.Any(name => places[name].HostName == host.HostName))]);
        }
    }

    /// <summary>A fleet that lives on several hosts is not to be planned on one of them: the others' guests would be made here once more.</summary>
    private static void CheckAlone(FleetSpec spec, ObservedHost observed)
    {
        if (observed.Record?.Hosts is not { Count: > 0 } hosts)
        {
            return;
        }

        var findings = new FindingList(spec.File, spec.Text);
        findings.Add(
            spec.NameMark, "hosts", $"fleet '{spec.Name}' lives on {string.Join(", ", hosts.Select(host => host.Name))}, and the spec names no hosts",
            "hosts: with those that it is to live on; what it has on the others is deleted then");
        throw findings.ToException();
    }

    private static void Check(FleetSpec spec, ObservedHost observed, IReadOnlyList<GuestSpec> guests)
    {
        ArgumentNullException.ThrowIfNull(observed);
        CheckSupport(spec, observed);
        var findings = new FindingList(spec.File, spec.Text);
        CheckNetworks(spec, observed, guests, findings);
        string[] known = [.. spec.Images.Select(image => image.Name).Union(observed.Images.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        foreach (GuestSpec guest in guests)
        {
            if (spec.Images.Any(image => image.Name == guest.Image))
            {
                continue;
            }

            if (observed.Images.TryGetValue(guest.Image, out Image? image))
            {
                ImageReferences.CheckMemory(guest, GuestShape.LeastMemory(image.MinimumMemory), findings);
                continue;
            }

            findings.Add(
                guest.MarkOf("image"), $"{guest.Path}.image",
                $"image '{guest.Image}' is neither under images: nor on host {observed.HostName}{Suggestion.For(guest.Image, known)}",
                known.Length == 0 ? "an entry under images: with that name" : $"an entry under images: with that name, or one of {string.Join(", ", known)}");
        }

        CheckPool(spec, observed, known, findings);
        findings.ThrowIfAny();
    }

    private static void CheckPool(FleetSpec spec, ObservedHost observed, string[] known, FindingList findings)
    {
        foreach (PoolSpec pool in spec.Pool)
        {
            if (!known.Contains(pool.Image, StringComparer.Ordinal))
            {
                findings.Add(
                    pool.MarkOf("image"), $"{pool.Path}.image",
                    $"image '{pool.Image}' is neither under images: nor on host {observed.HostName}{Suggestion.For(pool.Image, known)}",
                    known.Length == 0 ? "an entry under images: with that name" : $"an entry under images: with that name, or one of {string.Join(", ", known)}");
            }
            else if (WantedImage.Find(spec, observed, pool.Image) is { } image && pool.Memory is { } memory && memory < GuestShape.LeastMemory(image.MinimumMemory))
            {
                findings.Add(
                    pool.MarkOf("memory"), $"{pool.Path}.memory", $"'memory' {SpecSize.Format(memory)} is too little for image '{pool.Image}'",
                    $"at least {SpecSize.Format(GuestShape.LeastMemory(image.MinimumMemory))}");
            }
        }
    }

    private static void CheckNetworks(FleetSpec spec, ObservedHost observed, IReadOnlyList<GuestSpec> guests, FindingList findings)
    {
        // One that the fleet owns and the spec no longer names goes: nothing can be put on it.
        string[] known =
        [
            .. spec.Networks.Select(network => network.Name)
                .Union(observed.Networks.Values.Where(network => network.Fleet != spec.Name).Select(network => network.Name), StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        foreach (AdapterSpec adapter in guests.SelectMany(guest => guest.Adapters ?? []))
        {
            if (known.Contains(adapter.Network, StringComparer.Ordinal))
            {
                if (spec.Networks.FirstOrDefault(network => network.Name == adapter.Network)?.Subnet is null)
                {
                    DeviceReferences.CheckAddress(
                        adapter, observed.Networks.GetValueOrDefault(adapter.Network)?.Subnet, observed.Networks.GetValueOrDefault(adapter.Network)?.Bridge, findings);
                }

                continue;
            }

            findings.Add(
                adapter.Mark, adapter.Path,
                $"network '{adapter.Network}' is neither under networks: nor on host {observed.HostName}{Suggestion.For(adapter.Network, known)}",
                known.Length == 0 ? "an entry under networks: with that name" : $"an entry under networks: with that name, or one of {string.Join(", ", known)}");
        }
    }

    private static void CheckSupport(FleetSpec spec, ObservedHost observed)
    {
        if (observed.Pool is null && spec.Pool.Count > 0)
        {
            throw new LightVMException(
                ErrorCodes.FeatureMissing,
                $"The daemon of '{observed.HostName}' has no shell pool, which {spec.File} names.",
                observed.HostName,
                "Bring lightvmd there to the version of this module, or leave pool: out of the spec.");
        }

        if (!observed.HasNetworks && (spec.Networks.Count > 0 || spec.Guests.Any(guest => guest.Adapters is { Count: > 0 })))
        {
            throw new LightVMException(
                ErrorCodes.FeatureMissing,
                $"The daemon of '{observed.HostName}' has no networks, which {spec.File} names.",
                observed.HostName,
                "Bring lightvmd there to the version of this module, or leave networks and adapters out of the spec.");
        }
    }
}
