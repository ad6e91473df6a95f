namespace LightVM.Reconcile;

/// <summary>Gives one guest the adapters and disks that it is to have. What goes goes first: it may hold what the new one needs.</summary>
internal sealed class DeviceChanger(IReconcileHost host, Guest guest)
{
    public async Task ApplyAsync(IReadOnlyList<DeviceStep> steps, CancellationToken cancellationToken)
    {
        foreach (DeviceStep step in steps.Where(step => step.Remove is not null))
        {
            await RemoveAsync(step, cancellationToken).ConfigureAwait(false);
        }

        foreach (DeviceStep step in steps)
        {
            if (step.AddAdapter is { } adapter)
            {
                await host.AddAdapterAsync(guest, adapter, cancellationToken).ConfigureAwait(false);
            }
            else if (step.AddDisk is { } disk)
            {
                await host.AddDiskAsync(guest, disk, cancellationToken).ConfigureAwait(false);
            }
            else if (step.SetRate is { } id)
            {
                await host.ChangeAdapterAsync(guest, id, new AdapterChange { RateLimit = step.Rate }, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RemoveAsync(DeviceStep step, CancellationToken cancellationToken)
    {
        try
        {
            await (step.IsDisk
                ? host.RemoveDiskAsync(guest, step.Remove!.Value, cancellationToken)
                : host.RemoveAdapterAsync(guest, step.Remove!.Value, cancellationToken)).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.AdapterNotFound or ErrorCodes.DiskNotFound)
        {
            // Somebody else has removed it meanwhile; it is gone, as wanted.
        }
    }
}
