using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Makes networks: switches whose guests reach each other and the host, or guests' places on a bridge of the host's own. One that is there
/// with the same definition is returned as it is.
/// </summary>
/// <example>
/// <code>New-LightVMNetwork back -Subnet 10.9.0.0/24</code>
/// Makes a network of 253 guests' addresses, with DHCP, names and a way out.
/// </example>
/// <example>
/// <code>New-LightVMNetwork dmz -Isolated -NoNat</code>
/// Makes one whose guests reach the host alone; its addresses are chosen by the host.
/// </example>
/// <example>
/// <code>New-LightVMNetwork office -Bridge br0 -Vlan 20</code>
/// Guests on it are on the host's bridge br0, in its VLAN 20.
/// </example>
[Cmdlet(VerbsCommon.New, "LightVMNetwork", SupportsShouldProcess = true, DefaultParameterSetName = SwitchSet)]
[OutputType(typeof(Network))]
public sealed class NewLightVMNetworkCommand : HostCmdlet
{
    private const string SwitchSet = "Switch";
    private const string BridgeSet = "Bridge";

    /// <summary>Names of the new networks: lower-case letters, digits and -, unique on the host.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>IPv4 addresses, such as 10.9.0.0/24: the first is the host's, guests get the others. A free range of the host's otherwise.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = SwitchSet)]
    [ValidateNotNullOrEmpty]
    public string? Subnet { get; set; }

    /// <summary>IPv6 prefix, such as fd00:1:2:3::/64; one that is derived from the name otherwise. An empty string: no IPv6.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SwitchSet)]
    [AllowEmptyString]
    public string? Subnet6 { get; set; }

    /// <summary>Bytes of the largest packet.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(576, 65_535)]
    public int Mtu { get; set; } = 1500;

    /// <summary>Guests get no address by DHCP, and no names by DNS, from the host.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter NoDhcp { get; set; }

    /// <summary>Guests do not reach what lies beyond the host.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter NoNat { get; set; }

    /// <summary>Broadcasts other than ARP and DHCP reach all guests; else they are dropped and counted.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter Broadcast { get; set; }

    /// <summary>Multicasts other than neighbour discovery reach all guests; else they are dropped and counted.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter Multicast { get; set; }

    /// <summary>Guests reach the host and what is behind it, but not each other.</summary>
    [Parameter(ParameterSetName = SwitchSet)]
    public SwitchParameter Isolated { get; set; }

    /// <summary>A bridge of the host that guests are put on; addresses and names are then its owner's.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = BridgeSet)]
    [ValidateNotNullOrEmpty]
    public string? Bridge { get; set; }

    /// <summary>VLAN tag of the guests on the bridge; 0: untagged.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = BridgeSet)]
    [ValidateRange(0, 4094)]
    public int Vlan { get; set; }

    /// <summary>
    /// Guests on the bridge may send what they like: for routers, DHCP servers, and guests with guests of their own. Else frames with a MAC
    /// that is not the adapter's, answers of DHCP, router advertisements and VLAN tags are dropped and counted.
    /// </summary>
    [Parameter(ParameterSetName = BridgeSet)]
    public SwitchParameter Trusted { get; set; }

    /// <summary>The hosts to make them on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        NetworkDefinition definition = Define();
        IReadOnlyList<LightVMClient> clients = ClientsOf(HostName);
        foreach (string name in Name)
        {
            List<LightVMClient> chosen = [.. clients.Where(client => ShouldProcess($"network {name} on {client.HostName}", "Create"))];
            ForEachHost(chosen, async (client, token) =>
            {
                Network network = await client.Networks.PutAsync(name, definition, change: false, token).ConfigureAwait(false);
                await PostAsync(() => WriteObject(network), token).ConfigureAwait(false);
            });
        }
    }

    private NetworkDefinition Define() => Bridge is { } bridge
        ? new NetworkDefinition { Bridge = bridge, Vlan = Vlan, Trusted = Trusted, Mtu = Mtu, Subnet6 = "", Dhcp = false, Nat = false }
        : new NetworkDefinition
        {
            Subnet = Subnet, Subnet6 = Subnet6, Mtu = Mtu, Dhcp = !NoDhcp, Nat = !NoNat, Broadcast = Broadcast, Multicast = Multicast, Isolated = Isolated,
        };
}
