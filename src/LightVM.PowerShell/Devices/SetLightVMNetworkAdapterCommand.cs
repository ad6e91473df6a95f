using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Changes the rate limit of network adapters, at once. Another network, MAC or address is another adapter: remove one, add one.</summary>
/// <example>
/// <code>Set-LightVMNetworkAdapter web -Id 0 -RateLimit 10MB</code>
/// Lets an adapter carry at most 10 MB a second each way.
/// </example>
/// <example>
/// <code>Get-LightVMNetworkAdapter * | Set-LightVMNetworkAdapter -RateLimit 0</code>
/// Takes all limits off.
/// </example>
[Cmdlet(VerbsCommon.Set, "LightVMNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Adapter))]
public sealed class SetLightVMNetworkAdapterCommand : DeviceCmdlet
{
    /// <summary>Adapters, as Get-LightVMNetworkAdapter writes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = DeviceSet)]
    [ValidateNotNullOrEmpty]
    public Adapter[] Adapter { get; set; } = [];

    /// <summary>Bytes per second that it carries at most each way, such as 10MB; 0: no limit.</summary>
    [Parameter(Mandatory = true)]
    [MemorySize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>Writes the adapters as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override string Kind => "adapter";

    protected override string Operation => RateLimit == 0 ? "Remove the rate limit" : $"Limit to {RateLimit:N0} bytes a second";

    private protected override IEnumerable<(string? HostName, string? GuestName, int Id)> Given =>
        Adapter.Select(device => (device.HostName, device.GuestName, device.Id));

    private protected override async Task<object?> ActAsync(LightVMClient client, Guest guest, int id, CancellationToken cancellationToken)
    {
        Adapter changed = await client.Adapters.ChangeAsync(guest, id, new AdapterChange { RateLimit = RateLimit }, cancellationToken).ConfigureAwait(false);
        return PassThru ? changed : null;
    }
}
