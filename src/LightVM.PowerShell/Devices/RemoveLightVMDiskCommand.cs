using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes disks from guests; one that runs is asked to let it go, and Linux does so even if the disk is mounted: unmount it first. The file stays.</summary>
/// <example>
/// <code>Remove-LightVMDisk db -Id 1</code>
/// Takes the second disk from a guest.
/// </example>
/// <example>
/// <code>Get-LightVMDisk 'web-*' | Where-Object Path -eq /srv/site.img | Remove-LightVMDisk</code>
/// Takes a disk from many guests.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMDisk", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
public sealed class RemoveLightVMDiskCommand : RemoveDeviceCmdlet
{
    /// <summary>Disks, as Get-LightVMDisk writes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = DeviceSet)]
    [ValidateNotNullOrEmpty]
    public Disk[] Disk { get; set; } = [];

    protected override string Kind => "disk";

    private protected override IEnumerable<(string? HostName, string? GuestName, int Id)> Given =>
        Disk.Select(device => (device.HostName, device.GuestName, device.Id));

    private protected override Task RemoveAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken) =>
        client.Disks.RemoveAsync(guest, id, Force, cancellationToken);
}
