using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on existing networks, given as objects (set Network, the default) or by name (set Name).</summary>
public abstract class NetworkCmdlet : NamedCmdlet<Network>
{
    protected const string NetworkSet = "Network";

    /// <summary>Networks, as Get-LightVMNetwork and New-LightVMNetwork write them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = NetworkSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Network[] Network { get; set; } = [];

    /// <summary>Names of networks; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string[] Name { get; set; } = [];

    private protected override NamedSearch<Network> Search => NetworkSearch.Networks;

    private protected override IReadOnlyList<Network> Given => Network;

    private protected override IReadOnlyList<string> GivenNames => Name;
}
