using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Gets what the pools of hosts keep ready: guests that are built ahead, so that a start only takes one.</summary>
/// <example>
/// <code>Get-LightVMPool</code>
/// Shows how many shells of each image the default host keeps, how many are ready, and how often one was there when a guest was started.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMPool")]
[OutputType(typeof(PoolFlavour))]
public sealed class GetLightVMPoolCommand : GetNamedCmdlet<PoolFlavour>
{
    /// <summary>Names of images, or of checkpoints that shells are restored from; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string[]? Image { get; set; }

    private protected override NamedSearch<PoolFlavour> Search => PoolSearch.Flavours;

    private protected override IReadOnlyList<string>? GivenNames => Image;
}
