using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Gets the networks of hosts.</summary>
/// <example>
/// <code>Get-LightVMNetwork</code>
/// Shows all networks of the default host; every host has one that is called default.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMNetwork")]
[OutputType(typeof(Network))]
public sealed class GetLightVMNetworkCommand : GetNamedCmdlet<Network>
{
    /// <summary>Names of networks; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string[]? Name { get; set; }

    private protected override NamedSearch<Network> Search => NetworkSearch.Networks;

    private protected override IReadOnlyList<string>? GivenNames => Name;
}
