using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes networks; one that adapters are on is refused, and default stays.</summary>
/// <example>
/// <code>Remove-LightVMNetwork back</code>
/// Removes the network from the default host.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMNetwork", SupportsShouldProcess = true, DefaultParameterSetName = NetworkSet)]
public sealed class RemoveLightVMNetworkCommand : NetworkCmdlet
{
    private protected override void Process(LightVMClient client, Network network)
    {
        if (ShouldProcess($"network {network.Name} on {client.HostName}", "Remove"))
        {
            Run(token => client.Networks.RemoveAsync(network.Name, token));
        }
    }
}
