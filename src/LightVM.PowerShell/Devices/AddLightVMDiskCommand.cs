using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gives a guest one more disk: a raw file or a block device of the host. A guest that runs gets it at once.</summary>
/// <example>
/// <code>Add-LightVMDisk db -Path /srv/db.img -Size 1GB</code>
/// Makes a sparse file of 1 GB unless it is there, and gives it to the guest.
/// </example>
/// <example>
/// <code>Get-LightVM 'web-*' | Add-LightVMDisk -Path /srv/site.img -ReadOnly</code>
/// Gives many guests one disk, which they can only read.
/// </example>
[Cmdlet(VerbsCommon.Add, "LightVMDisk", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Disk))]
public sealed class AddLightVMDiskCommand : AddDeviceCmdlet
{
    /// <summary>The file or block device, an absolute path of the host.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The guest cannot write to it; several guests may have it then.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>Bytes of a new, sparse file that is made where there is none, such as 1GB.</summary>
    [Parameter]
    [MemorySize]
    [ValidateRange(0, long.MaxValue)]
    public long Size { get; set; }

    protected override string Operation => $"Add disk {Path}{(ReadOnly ? ", read-only" : "")}";

    private protected override async Task<object> AddAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken) =>
        await client.Disks.AddAsync(guest, new DiskDefinition { Path = Path, ReadOnly = ReadOnly, Size = Size }, cancellationToken).ConfigureAwait(false);
}
