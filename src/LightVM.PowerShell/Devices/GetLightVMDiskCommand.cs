using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets the disks of guests: file, size, state, and with -Counters what they have read and written.</summary>
/// <example>
/// <code>Get-LightVMDisk db</code>
/// Shows the disks of a guest; a stock Linux sees disk 0 as /dev/xvda.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMDisk", DefaultParameterSetName = VMSet)]
[OutputType(typeof(Disk))]
public sealed class GetLightVMDiskCommand : GetDeviceCmdlet
{
    private protected override async Task<IReadOnlyList<object>> ReadAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken) =>
        await client.Disks.ListAsync(guest, Counters, cancellationToken).ConfigureAwait(false);

    private protected override IReadOnlyList<object> Of(Guest guest) => guest.Disks;

    private protected override int IdOf(object device) => ((Disk)device).Id;
}
