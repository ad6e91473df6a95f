namespace LightVM.Reconcile;

/// <summary>Gives one guest the adapters and disks that it is to have. What goes goes first: it may hold what the new one needs.</summary>
internal sealed class DeviceChanger(IReconcileHost host, Guest guest)
{
    public async Task ApplyAsync(IReadOnlyList<DeviceStep> steps, CancellationToken cancellationToken)
    {
        foreach (DeviceStep step in steps.Where(step => step.Remove is not null))
        {
            await RemoveAsync(step.IsDisk, step.Remove!.Value, cancellationToken).ConfigureAwait(false);
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

    public async Task RemoveAsync(IReadOnlyList<Disk> disks, IReadOnlyList<Adapter> adapters, CancellationToken cancellationToken)
    {
        foreach (Disk disk in disks)
        {
            await RemoveAsync(true, disk.Id, cancellationToken).ConfigureAwait(false);
        }

        foreach (Adapter adapter in adapters)
        {
            await RemoveAsync(false, adapter.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RemoveAsync(bool isDisk, int id, CancellationToken cancellationToken)
    {
        try
        {
            await (isDisk
                ? host.RemoveDiskAsync(guest, id, cancellationToken)
                : host.RemoveAdapterAsync(guest, id, cancellationToken)).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.AdapterNotFound or ErrorCodes.DiskNotFound)
        {
            // Somebody else has removed it meanwhile; it is gone, as wanted.
        }
    }
}
