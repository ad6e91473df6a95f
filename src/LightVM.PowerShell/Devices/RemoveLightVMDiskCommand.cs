using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes disks from guests; one that runs is asked to let it go. The file stays.</summary>
/// <example>
/// <code>Remove-LightVMDisk db -Id 1</code>
/// Takes the second disk from a guest.
/// </example>
/// <example>
/// <code>Get-LightVMDisk 'web-*' | Where-Object Path -eq /srv/site.img | Remove-LightVMDisk</code>
/// Takes a disk from many guests.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMDisk", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
public sealed class RemoveLightVMDiskCommand : DeviceCmdlet
{
    /// <summary>Disks, as Get-LightVMDisk writes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = DeviceSet)]
    [ValidateNotNullOrEmpty]
    public Disk[] Disk { get; set; } = [];

    /// <summary>Does not wait for the guest.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override string Kind => "disk";

    protected override string Operation => "Remove";

    protected override void ProcessRecord()
    {
        if (ParameterSetName != DeviceSet)
        {
            base.ProcessRecord();
            return;
        }

        foreach (Disk disk in Disk)
        {
            AddDevice(disk.HostName, disk.GuestName, disk.Id);
        }
    }

    private protected override async Task<object?> ActAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken)
    {
        await client.Disks.RemoveAsync(guest, id, Force, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
