using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that takes devices from guests; one that runs is asked to let go.</summary>
public abstract class RemoveDeviceCmdlet : DeviceCmdlet
{
    /// <summary>Does not wait for the guest.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override string Operation => "Remove";

    private protected abstract Task RemoveAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken);

    private protected override async Task<object?> ActAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken)
    {
        await RemoveAsync(client, guest, id, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
