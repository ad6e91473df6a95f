using System.Globalization;
using System.Net;

namespace LightVM.Reconcile;

/// <summary>The differences between a network that is there and one that is wanted. Pure.</summary>
internal static class NetworkDiff
{
    public static IReadOnlyList<PropertyChange> Of(Network there, NetworkSpec wanted, string file)
    {
        var changes = new List<PropertyChange>();

        void Add(string path, string? from, string? to, ChangeEffect effect)
        {
            if (from != to)
            {
                changes.Add(new PropertyChange
                {
                    Path = path, From = from, To = to, Effect = effect, Source = $"{file}:{wanted.MarkOf(path).Line}",
                    Reason = !wanted.Marks.ContainsKey(path) ? "the default; the spec does not name it"
                        : effect == ChangeEffect.Live ? "changed at once" : "only while no adapter is on it",
                });
            }
        }

        Add("subnet", there.Subnet, wanted.Bridge is null ? wanted.Subnet ?? (there.Bridge is null ? there.Subnet : "a free one") : null, ChangeEffect.Replace);
        Add("subnet6", There6(there), Wanted6(there, wanted), ChangeEffect.Replace);
        Add("bridge", there.Bridge, wanted.Bridge, ChangeEffect.Replace);
        Add("vlan", Number(there.Vlan), Number(wanted.Vlan), ChangeEffect.Replace);
        Add("mtu", Number(there.Mtu), Number(wanted.Mtu), ChangeEffect.Live);
        Add("dhcp", Word(there.Dhcp), Word(wanted.Dhcp), ChangeEffect.Live);
        Add("nat", Word(there.Nat), Word(wanted.Nat), ChangeEffect.Live);
        Add("broadcast", Word(there.Broadcast), Word(wanted.Broadcast), ChangeEffect.Live);
        Add("multicast", Word(there.Multicast), Word(wanted.Multicast), ChangeEffect.Live);
        Add("isolated", Word(there.Isolated), Word(wanted.Isolated), ChangeEffect.Live);
        Add("trusted", Word(there.Trusted), Word(wanted.Trusted), ChangeEffect.Live);
        return changes;
    }

    public static NetworkDefinition ToDefinition(NetworkSpec spec, string? fleet) => new()
    {
        Subnet = spec.Subnet,
        Subnet6 = spec.Bridge is null ? spec.Subnet6 : null,
        Mtu = spec.Mtu,
        Dhcp = spec.Dhcp,
        Nat = spec.Nat,
        Broadcast = spec.Broadcast,
        Multicast = spec.Multicast,
        Isolated = spec.Isolated,
        Bridge = spec.Bridge,
        Vlan = spec.Vlan,
        Trusted = spec.Trusted,
        Fleet = fleet,
    };

    /// <summary>Whether a network that is wanted has addresses of one that is there.</summary>
    public static bool Overlap(Network there, NetworkSpec wanted) =>
        (IPNetwork.TryParse(there.Subnet, out IPNetwork a) && IPNetwork.TryParse(wanted.Subnet, out IPNetwork b) && (a.Contains(b.BaseAddress) || b.Contains(a.BaseAddress)))
        || (!string.IsNullOrEmpty(wanted.Subnet6) && There6(there) == wanted.Subnet6);

    private static string? There6(Network there) => there.Bridge is not null || string.IsNullOrEmpty(there.Subnet6)
        ? null
        : SpecAddress.TrySubnet6(there.Subnet6, out string normalized) ? normalized : there.Subnet6;

    private static string? Wanted6(Network there, NetworkSpec wanted) =>
        wanted.Bridge is not null || wanted.Subnet6 == "" ? null
        : wanted.Subnet6 is { } named ? named
        : there.Bridge is null ? There6(there) : "made of the name";

    /// <summary>As specs spell it.</summary>
    public static string Word(bool value) => value ? "true" : "false";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
