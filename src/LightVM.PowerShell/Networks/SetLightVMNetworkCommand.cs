using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Changes networks. Addresses change only while no adapter is on the network, all else at once.</summary>
/// <example>
/// <code>Set-LightVMNetwork back -Nat $false -Isolated $true</code>
/// Cuts its guests off from each other and from what lies beyond the host.
/// </example>
[Cmdlet(VerbsCommon.Set, "LightVMNetwork", SupportsShouldProcess = true, DefaultParameterSetName = NetworkSet)]
[OutputType(typeof(Network))]
public sealed class SetLightVMNetworkCommand : NetworkCmdlet
{
    /// <summary>IPv4 addresses, such as 10.9.0.0/24.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Subnet { get; set; }

    /// <summary>IPv6 prefix, such as fd00:1:2:3::/64; an empty string: no IPv6.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? Subnet6 { get; set; }

    /// <summary>Bytes of the largest packet.</summary>
    [Parameter]
    [ValidateRange(576, 65_535)]
    public int? Mtu { get; set; }

    /// <summary>Whether guests get addresses by DHCP and names by DNS from the host.</summary>
    [Parameter]
    public bool? Dhcp { get; set; }

    /// <summary>Whether guests reach what lies beyond the host.</summary>
    [Parameter]
    public bool? Nat { get; set; }

    /// <summary>Whether broadcasts other than ARP and DHCP reach all guests.</summary>
    [Parameter]
    public bool? Broadcast { get; set; }

    /// <summary>Whether multicasts other than neighbour discovery reach all guests.</summary>
    [Parameter]
    public bool? Multicast { get; set; }

    /// <summary>Whether guests reach the host and what is behind it, but not each other.</summary>
    [Parameter]
    public bool? Isolated { get; set; }

    /// <summary>VLAN tag of the guests on the host's bridge; 0: untagged.</summary>
    [Parameter]
    [ValidateRange(0, 4094)]
    public int? Vlan { get; set; }

    /// <summary>Whether guests on the host's bridge may send what they like: for routers and DHCP servers.</summary>
    [Parameter]
    public bool? Trusted { get; set; }

    /// <summary>Writes the networks as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private string[] Changed => [.. new[]
        {
            nameof(Subnet), nameof(Subnet6), nameof(Mtu), nameof(Dhcp), nameof(Nat), nameof(Broadcast), nameof(Multicast), nameof(Isolated), nameof(Vlan), nameof(Trusted),
        }
        .Where(MyInvocation.BoundParameters.ContainsKey)];

    protected override void BeginProcessing()
    {
        if (Changed.Length == 0)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument, "Nothing is given that is to change.", null,
                "Give at least one of -Subnet, -Subnet6, -Mtu, -Dhcp, -Nat, -Broadcast, -Multicast, -Isolated, -Vlan, -Trusted."));
        }
    }

    private protected override void Process(LightVMClient client, Network network)
    {
        if (!ShouldProcess($"network {network.Name} on {client.HostName}", $"Set {string.Join(", ", Changed)}"))
        {
            return;
        }

        Network changed = Run(async token =>
        {
            // What is not given stays as it is now, not as it was when the object was read.
            Network now = await client.Networks.GetAsync(network.Name, token).ConfigureAwait(false);
            return await client.Networks.PutAsync(network.Name, Define(now), change: true, token).ConfigureAwait(false);
        });
        if (PassThru)
        {
            WriteObject(changed);
        }
    }

    private NetworkDefinition Define(Network now) => new()
    {
        Subnet = Subnet ?? now.Subnet,
        Subnet6 = Subnet6 ?? now.Subnet6 ?? "",
        Mtu = Mtu ?? now.Mtu,
        Dhcp = Dhcp ?? now.Dhcp,
        Nat = Nat ?? now.Nat,
        Broadcast = Broadcast ?? now.Broadcast,
        Multicast = Multicast ?? now.Multicast,
        Isolated = Isolated ?? now.Isolated,
        Bridge = now.Bridge,
        Vlan = Vlan ?? now.Vlan,
        Trusted = Trusted ?? now.Trusted,
        Fleet = now.Fleet,
    };
}
