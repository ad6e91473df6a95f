using System.Globalization;
using LightVM.Client;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of what a guest has of the host: <c>network</c>, <c>adapters</c>, <c>disks</c>, <c>publish</c>.</summary>
internal static class DeviceBinder
{
    public const int MaxAdapters = 8;
    public const int MaxDevices = 15; // adapters and disks together, as hosts have it

    /// <summary>Null: neither key is there, and the image decides.</summary>
    public static IReadOnlyList<AdapterSpec>? BindAdapters(ObjectReader reader, FindingList findings)
    {
        if (reader.Name("network") is { } network)
        {
            if (reader.Marks.ContainsKey("adapters"))
            {
                reader.Bad("network", "'network' beside 'adapters'", "one of them: 'network: x' is short for 'adapters: [{ network: x }]'");
            }

            return [new AdapterSpec { Network = network, Mark = reader.MarkOf("network"), Path = reader.PathOf("network") }];
        }

        if (reader.List("adapters", "adapters") is not { } list)
        {
            return null;
        }

        if (list.Count > MaxAdapters)
        {
            reader.Bad("adapters", $"{list.Count} adapters", $"at most {MaxAdapters}");
        }

        var adapters = new List<AdapterSpec>();
        foreach ((int index, YamlNode node) in list.Index())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{reader.PathOf("adapters")}[{index}]");
            if (ObjectReader.Open(node, "an adapter", path, SpecKeys.Adapter, findings) is { } adapter)
            {
                adapters.Add(new AdapterSpec
                {
                    Network = adapter.Name("network") ?? "default",
                    Mac = Checked(adapter, "mac", SpecAddress.ExpectedMac, SpecAddress.TryMac),
                    Address = Checked(adapter, "address", SpecAddress.ExpectedAddress, SpecAddress.TryAddress),
                    RateLimit = adapter.Size("rateLimit") ?? 0,
                    Mark = adapter.Mark,
                    Path = path,
                });
            }
        }

        return adapters;
    }

    /// <param name="reader">The guest.</param>
    /// <param name="adapters">Its adapters; null: its image decides.</param>
    /// <param name="findings">Added to.</param>
    public static IReadOnlyList<DiskSpec> BindDisks(ObjectReader reader, IReadOnlyList<AdapterSpec>? adapters, FindingList findings)
    {
        IReadOnlyList<YamlNode> list = reader.List("disks", "disks") ?? [];
        if (list.Count + (adapters?.Count ?? 0) > MaxDevices)
        {
            reader.Bad("disks", adapters is { Count: > 0 } ? $"{list.Count} disks beside {adapters.Count} adapters" : $"{list.Count} disks", $"at most {MaxDevices} adapters and disks together");
        }

        var disks = new List<DiskSpec>();
        foreach ((int index, YamlNode node) in list.Index())
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{reader.PathOf("disks")}[{index}]");
            if (ObjectReader.Open(node, "a disk", place, SpecKeys.Disk, findings) is not { } disk)
            {
                continue;
            }

            const string expected = "an absolute path of the host, to a raw file or a block device";
            string? path = disk.String("path", expected);
            if (path is not null && (!path.StartsWith('/') || path.Length > SpecKeys.MaxPath || path.Any(char.IsControl)))
            {
                disk.Bad("path", $"'path' of a disk is '{YamlScalar.Show(path)}'", expected);
                path = null;
            }

            bool readOnly = disk.Boolean("readOnly") ?? false;
            long size = disk.Size("size") ?? 0;
            if (path is null)
            {
                continue;
            }

            if (disks.Find(other => other.Path == path) is { } twin)
            {
                disk.Bad("path", $"disk '{YamlScalar.Show(path)}' is named twice for one guest, first at line {twin.Mark.Line}", "each disk once");
                continue;
            }

            disks.Add(new DiskSpec { Path = path, ReadOnly = readOnly, Size = size, Mark = disk.Mark, Place = place });
        }

        return disks;
    }

    public static IReadOnlyList<PublishSpec> BindPublish(ObjectReader reader, FindingList findings)
    {
        var ports = new List<PublishSpec>();
        foreach ((int index, YamlNode node) in (reader.List("publish", "ports") ?? []).Index())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{reader.PathOf("publish")}[{index}]");
            if (node is YamlUnusable)
            {
                continue;
            }

            // 80 is a number to YAML and a port to people.
            if (node is not YamlScalar { Type: ScalarType.String or ScalarType.Integer } scalar)
            {
                findings.Add(node.Mark, path, $"{node.Describe()} in place of a port", PublishedPortText.Expected);
            }
            else if (PublishedPortText.TryParse(scalar.Text, out PublishedPort? port, out string? why))
            {
                ports.Add(new PublishSpec(port, node.Mark, path));
            }
            else
            {
                findings.Add(node.Mark, path, $"'{YamlScalar.Show(scalar.Text)}' {why}", PublishedPortText.Expected);
            }
        }

        return ports;
    }

    private delegate bool Check(string text, out string normalized);

    private static string? Checked(ObjectReader reader, string key, string expected, Check check)
    {
        if (reader.String(key, expected) is not { } text)
        {
            return null;
        }

        if (check(text, out string normalized))
        {
            return normalized;
        }

        reader.Bad(key, $"'{key}' is '{YamlScalar.Show(text)}'", expected);
        return null;
    }
}
