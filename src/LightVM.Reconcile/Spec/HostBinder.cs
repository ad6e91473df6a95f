using LightVM.Client;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of an entry of <c>hosts:</c>, and of a guest's <c>placement:</c>.</summary>
internal static class HostBinder
{
    public const int MaxAntiAffinity = 16;

    /// <summary>Null where the entry has no name; then there is a finding.</summary>
    public static HostSpec? Bind(YamlNode node, string path, FindingList findings)
    {
        if (ObjectReader.Open(node, "a host", path, SpecKeys.Host, findings) is not { } reader)
        {
            return null;
        }

        const string expected = "localhost, ssh://[user@]host[:port], or unix:/path";
        string? name = reader.Name("name");
        string? address = reader.String("address", expected);
        if (address is not null && !HostEndpoint.TryParse(address, out _, out string? why))
        {
            reader.Bad("address", $"'address' is '{YamlScalar.Show(address)}': {why.TrimEnd('.')}", expected);
        }

        Dictionary<string, string> labels = LabelBinder.Bind(reader, "labels", "a host", findings);
        return name is null ? null : new HostSpec { Name = name, Address = address ?? name, Labels = labels, Mark = reader.Mark, Marks = reader.Marks, Path = path };
    }

    /// <summary>Null: the entry says nothing of its place.</summary>
    public static PlacementSpec? BindPlacement(ObjectReader guest, FindingList findings)
    {
        if (guest.Value("placement") is not { } node
            || ObjectReader.Open(node, "a placement", guest.PathOf("placement"), SpecKeys.Placement, findings) is not { } reader)
        {
            return null;
        }

        PlacementStrategy strategy = reader.Enum<PlacementStrategy>("strategy") ?? PlacementStrategy.Spread;
        string? host = reader.Name("host");
        Dictionary<string, string> labels = LabelBinder.Bind(reader, "hostLabels", "a placement", findings);
        var apart = new List<string>();
        foreach ((int index, YamlNode item) in (reader.List("antiAffinity", "names of labels") ?? []).Index())
        {
            if (item is YamlScalar { Type: ScalarType.String, Text.Length: > 0 } label)
            {
                apart.Add(label.Text);
            }
            else if (item is not YamlUnusable)
            {
                findings.Add(item.Mark, $"{reader.PathOf("antiAffinity")}[{index}]", $"{item.Describe()} in place of the name of a label", "the name of a label of the guest, in quotes if it looks like something else");
            }
        }

        if (apart.Count > MaxAntiAffinity)
        {
            reader.Bad("antiAffinity", $"{apart.Count} labels", $"at most {MaxAntiAffinity}");
        }

        return new PlacementSpec { Strategy = strategy, Host = host, HostLabels = labels, AntiAffinity = apart, Marks = reader.Marks };
    }
}
