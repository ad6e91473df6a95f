using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of an entry of <c>networks:</c>.</summary>
internal static class NetworkBinder
{
    private const int MinMtu = 576;
    private const int MinMtu6 = 1280; // of IPv6's links
    private const int MaxMtu = 9000;
    private const int MaxVlan = 4094;
    private const int MaxInterface = 15;

    /// <summary>What the owner of a bridge decides, and we do not.</summary>
    public static readonly string[] SwitchKeys = ["subnet", "subnet6", "dhcp", "nat", "broadcast", "multicast", "isolated"];

    /// <summary>Null where the entry has no name; then there is a finding. Other findings leave the default in the property.</summary>
    public static NetworkSpec? Bind(YamlNode node, string path, FindingList findings)
    {
        if (ObjectReader.Open(node, "a network", path, SpecKeys.Network, findings) is not { } reader)
        {
            return null;
        }

        string? name = reader.Name("name");
        string? subnet = BindSubnet(reader);
        string? subnet6 = BindSubnet6(reader);
        string? bridge = BindBridge(reader);
        int mtu = reader.Integer("mtu", MinMtu, MaxMtu) ?? 1500;
        bool dhcp = reader.Boolean("dhcp") ?? bridge is null;
        bool nat = reader.Boolean("nat") ?? bridge is null;
        bool broadcast = reader.Boolean("broadcast") ?? false;
        bool multicast = reader.Boolean("multicast") ?? false;
        bool isolated = reader.Boolean("isolated") ?? false;
        int vlan = reader.Integer("vlan", 0, MaxVlan) ?? 0;
        bool trusted = reader.Boolean("trusted") ?? false;
        if (bridge is not null)
        {
            foreach (string key in SwitchKeys.Where(reader.Marks.ContainsKey))
            {
                reader.Bad(key, $"'{key}' of a network on a bridge of the host", "it without 'bridge': addresses and rules there are the bridge owner's");
            }
        }
        else if (vlan != 0)
        {
            reader.Bad("vlan", "'vlan' of a network without 'bridge'", "a VLAN tag with a bridge of the host");
        }
        else if (trusted)
        {
            reader.Bad("trusted", "'trusted' of a network without 'bridge'", "it with a bridge of the host: what guests may send on a network of ours is always checked");
        }
        else if (mtu < MinMtu6 && subnet6 != "")
        {
            reader.Bad("mtu", $"'mtu' is {mtu}, and IPv6 needs {MinMtu6}", $"at least {MinMtu6}, or 'subnet6: none' with it");
        }

        return name is null
            ? null
            : new NetworkSpec
            {
                Name = name, Subnet = subnet, Subnet6 = subnet6, Mtu = mtu, Dhcp = dhcp, Nat = nat, Broadcast = broadcast, Multicast = multicast,
                Isolated = isolated, Bridge = bridge, Vlan = vlan, Trusted = trusted, Mark = reader.Mark, Marks = reader.Marks, Path = path,
            };
    }

    private static string? BindSubnet(ObjectReader reader)
    {
        if (reader.String("subnet", SpecAddress.ExpectedSubnet) is not { } text)
        {
            return null;
        }

        if (SpecAddress.TrySubnet(text, out string subnet, out string problem))
        {
            return subnet;
        }

        reader.Bad("subnet", $"'{YamlScalar.Show(text)}' {problem}", SpecAddress.ExpectedSubnet);
        return null;
    }

    private static string? BindSubnet6(ObjectReader reader)
    {
        if (reader.String("subnet6", SpecAddress.ExpectedSubnet6) is not { } text)
        {
            return null;
        }

        if (SpecAddress.TrySubnet6(text, out string subnet))
        {
            return subnet;
        }

        reader.Bad("subnet6", $"'{YamlScalar.Show(text)}' is not an IPv6 prefix of 64 bits for hosts", SpecAddress.ExpectedSubnet6);
        return null;
    }

    private static string? BindBridge(ObjectReader reader)
    {
        const string expected = "the name of a bridge of the host, such as br0";
        if (reader.String("bridge", expected) is not { } text)
        {
            return null;
        }

        if (text.Length is > 0 and <= MaxInterface && text is not ("." or "..") && !text.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            return text;
        }

        reader.Bad("bridge", $"'{YamlScalar.Show(text)}' is not the name of an interface", expected);
        return null;
    }
}
