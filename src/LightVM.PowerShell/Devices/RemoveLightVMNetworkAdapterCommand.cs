using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes network adapters from guests; one that runs is asked to let it go.</summary>
/// <example>
/// <code>Remove-LightVMNetworkAdapter web -Id 1</code>
/// Takes a guest off its second network.
/// </example>
/// <example>
/// <code>Get-LightVMNetworkAdapter 'web-*' | Where-Object Network -eq back | Remove-LightVMNetworkAdapter</code>
/// Takes many guests off a network.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
public sealed class RemoveLightVMNetworkAdapterCommand : RemoveDeviceCmdlet
{
    /// <summary>Adapters, as Get-LightVMNetworkAdapter writes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = DeviceSet)]
    [ValidateNotNullOrEmpty]
    public Adapter[] Adapter { get; set; } = [];

    protected override string Kind => "adapter";

    private protected override IEnumerable<(string? HostName, string? GuestName, int Id)> Given =>
        Adapter.Select(device => (device.HostName, device.GuestName, device.Id));

    private protected override Task RemoveAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken) =>
        client.Adapters.RemoveAsync(guest, id, Force, cancellationToken);
}
