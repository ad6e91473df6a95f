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
public sealed class RemoveLightVMNetworkAdapterCommand : DeviceCmdlet
{
    /// <summary>Adapters, as Get-LightVMNetworkAdapter writes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = DeviceSet)]
    [ValidateNotNullOrEmpty]
    public Adapter[] Adapter { get; set; } = [];

    /// <summary>Does not wait for the guest.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override string Kind => "adapter";

    protected override string Operation => "Remove";

    protected override void ProcessRecord()
    {
        if (ParameterSetName != DeviceSet)
        {
            base.ProcessRecord();
            return;
        }

        foreach (Adapter adapter in Adapter)
        {
            AddDevice(adapter.HostName, adapter.GuestName, adapter.Id);
        }
    }

    private protected override async Task<object?> ActAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken)
    {
        await client.Adapters.RemoveAsync(guest, id, Force, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
