using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets the network adapters of guests: network, addresses, state, and with -Counters what they have carried.</summary>
/// <example>
/// <code>Get-LightVMNetworkAdapter *</code>
/// Shows the adapters of all guests of the default host.
/// </example>
/// <example>
/// <code>(Get-LightVMNetworkAdapter web -Counters).Counters</code>
/// Shows what the adapters of a guest have carried and dropped.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMNetworkAdapter", DefaultParameterSetName = VMSet)]
[OutputType(typeof(Adapter))]
public sealed class GetLightVMNetworkAdapterCommand : GetDeviceCmdlet
{
    private protected override async Task<IReadOnlyList<object>> ReadAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken) =>
        await client.Adapters.ListAsync(guest, Counters, cancellationToken).ConfigureAwait(false);

    private protected override IReadOnlyList<object> Of(Guest guest) => guest.Adapters;

    private protected override int IdOf(object device) => ((Adapter)device).Id;
}
