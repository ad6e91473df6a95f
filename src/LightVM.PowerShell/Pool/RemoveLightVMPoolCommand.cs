using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Has the pools of hosts keep no shells of images, or of checkpoints, any more. Guests that were made of such live on.</summary>
/// <example>
/// <code>Get-LightVMPool | Remove-LightVMPool</code>
/// Empties the pool of the default host.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMPool", SupportsShouldProcess = true, DefaultParameterSetName = FlavourSet)]
public sealed class RemoveLightVMPoolCommand : NamedCmdlet<PoolFlavour>
{
    private const string FlavourSet = "Flavour";

    /// <summary>Flavours, as Get-LightVMPool writes them: each only that one.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FlavourSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public PoolFlavour[] Flavour { get; set; } = [];

    /// <summary>Names of images, or of checkpoints that shells are restored from; wildcards are permitted. All flavours of each.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string[] Image { get; set; } = [];

    private protected override NamedSearch<PoolFlavour> Search => PoolSearch.Flavours;

    private protected override IReadOnlyList<PoolFlavour> Given => Flavour;

    private protected override IReadOnlyList<string> GivenNames => Image;

    private protected override void Process(LightVMClient client, PoolFlavour thing)
    {
        if (thing.Checkpoint is { } checkpoint)
        {
            if (ShouldProcess($"pool of checkpoint {checkpoint} on {client.HostName}", "Remove"))
            {
                Run(token => client.Pool.PutCheckpointAsync(checkpoint, 0, token));
            }
        }
        else if (ShouldProcess($"pool of image {thing.Image} on {client.HostName}", "Remove"))
        {
            var none = new PoolFlavourDefinition { Memory = thing.Memory, VCpuCount = thing.VCpuCount, Devices = thing.Devices, Count = 0 };
            Run(token => client.Pool.PutAsync(thing.Image, none, token));
        }
    }
}
