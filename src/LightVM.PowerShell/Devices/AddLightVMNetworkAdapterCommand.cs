using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gives guests one more network adapter each; those that run get it at once.</summary>
/// <example>
/// <code>Add-LightVMNetworkAdapter web -Network back</code>
/// Puts a guest on a second network.
/// </example>
/// <example>
/// <code>Get-LightVM 'web-*' | Add-LightVMNetworkAdapter -Network back -RateLimit 10MB -PassThru</code>
/// Puts many there, each with at most 10 MB a second each way, and shows their addresses.
/// </example>
[Cmdlet(VerbsCommon.Add, "LightVMNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Adapter))]
public sealed class AddLightVMNetworkAdapterCommand : AddDeviceCmdlet
{
    private string? inputName;

    /// <summary>The network that it is on.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchName")]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string Network { get; set; } = "default";

    /// <summary>The network as Get-LightVMNetwork writes it, in place of its name.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = NameSet)]
    [ValidateNotNull]
    public PSObject? InputNetwork { get; set; }

    /// <summary>Its hardware address, such as 02:1c:7b:00:00:01; one that is derived from the names otherwise, always the same.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("MacAddress")]
    public string? Mac { get; set; }

    /// <summary>Its IPv4 address, of the network's; one that is derived from the guest's name otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("IPAddress")]
    public string? Address { get; set; }

    /// <summary>Bytes per second that it carries at most each way, such as 10MB; 0: no limit.</summary>
    [Parameter]
    [MemorySize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    // A PSObject, since PowerShell would make a Network of any object with a Name, which names a guest. Without it a network that is piped to named guests would be left aside, and the adapter be on default.
    protected override void ProcessRecord()
    {
        if (InputNetwork?.BaseObject is Network network)
        {
            inputName ??= MyInvocation.BoundParameters.ContainsKey(nameof(Network)) ? Network : null;
            if ((inputName ?? network.Name) != network.Name)
            {
                ThrowProblem(new LightVMException(
                    ErrorCodes.InvalidArgument, $"An adapter is on one network, and '{inputName}' and '{network.Name}' are given.", network.Name,
                    "Add an adapter for each: Get-LightVMNetwork | ForEach-Object { Add-LightVMNetworkAdapter web -Network $_.Name }"));
            }

            Network = inputName = network.Name;
        }

        base.ProcessRecord();
    }

    protected override string Operation => $"Add an adapter on network {Network}";

    private protected override async Task<object> AddAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken) =>
        await client.Adapters.AddAsync(
            guest, new AdapterDefinition { Network = Network, Mac = Mac, Address = Address, RateLimit = RateLimit }, cancellationToken).ConfigureAwait(false);
}
