using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of the document.</summary>
internal static class FleetBinder
{
    public static FleetSpec? Bind(YamlNode root, FindingList findings, string fullPath, SpecText text)
    {
        if (ObjectReader.Open(root, "a spec", "", SpecKeys.Fleet, findings) is not { } fleet)
        {
            return null;
        }

        fleet.Constant("apiVersion", SpecKeys.ApiVersion);
        fleet.Constant("kind", SpecKeys.Kind);
        ObjectReader? metadata = fleet.Value("metadata") is { } node
            ? ObjectReader.Open(node, "metadata", "metadata", SpecKeys.Metadata, findings)
            : null;

        AdoptPolicy adopt = fleet.Enum<AdoptPolicy>("adopt") ?? AdoptPolicy.Never;
        string directory = Path.GetDirectoryName(fullPath)!;
        var hosts = new List<HostSpec>();
        foreach ((int index, YamlNode host) in (fleet.List("hosts", "hosts") ?? []).Index())
        {
            if (HostBinder.Bind(host, $"hosts[{index}]", findings) is { } bound)
            {
                hosts.Add(bound);
            }
        }

        if (hosts.Count > SpecKeys.MaxHosts)
        {
            fleet.Bad("hosts", $"{hosts.Count} hosts", $"at most {SpecKeys.MaxHosts:N0}");
        }

        var images = new List<ImageSpec>();
        foreach ((int index, YamlNode image) in (fleet.List("images", "images") ?? []).Index())
        {
            if (ImageBinder.Bind(image, $"images[{index}]", directory, findings) is { } bound)
            {
                images.Add(bound);
            }
        }

        var networks = new List<NetworkSpec>();
        foreach ((int index, YamlNode network) in (fleet.List("networks", "networks") ?? []).Index())
        {
            if (NetworkBinder.Bind(network, $"networks[{index}]", findings) is { } bound)
            {
                networks.Add(bound);
            }
        }

        var guests = new List<GuestSpec>();
        foreach ((int index, YamlNode guest) in (fleet.List("guests", "guests") ?? []).Index())
        {
            if (GuestBinder.Bind(guest, $"guests[{index}]", directory, findings) is { } bound)
            {
                guests.Add(bound);
            }
        }

        var pool = new List<PoolSpec>();
        foreach ((int index, YamlNode flavour) in (fleet.List("pool", "flavours") ?? []).Index())
        {
            if (PoolBinder.Bind(flavour, $"pool[{index}]", findings) is { } bound)
            {
                pool.Add(bound);
            }
        }

        PoolBinder.CheckTwice(pool, findings);
        return new FleetSpec
        {
            Name = metadata?.Name("name") ?? "",
            NameMark = metadata?.MarkOf("name") ?? fleet.MarkOf("metadata"),
            File = findings.File,
            FullPath = fullPath,
            Digest = text.Digest,
            Text = text.Text,
            Adopt = adopt,
            Hosts = hosts,
            Images = images,
            Networks = networks,
            Guests = guests,
            Pool = pool,
        };
    }
}
