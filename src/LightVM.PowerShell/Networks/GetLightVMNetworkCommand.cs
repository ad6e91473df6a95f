using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets the networks of hosts.</summary>
/// <example>
/// <code>Get-LightVMNetwork</code>
/// Shows all networks of the default host; every host has one that is called default.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMNetwork")]
[OutputType(typeof(Network))]
public sealed class GetLightVMNetworkCommand : HostCmdlet
{
    /// <summary>Names of networks; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        string[] names = Name ?? ["*"];
        ForEachHost(ClientsOf(HostName), async (client, token) =>
        {
            (IReadOnlyList<Network> found, IReadOnlyList<string> missing) = await NetworkSearch.FindAsync(client, names, token).ConfigureAwait(false);
            await PostAsync(
                () =>
                {
                    WriteObject(found, enumerateCollection: true);
                    foreach (string name in missing)
                    {
                        WriteProblem(NetworkSearch.NotFound(client.HostName, name), name);
                    }
                },
                token).ConfigureAwait(false);
        });
    }
}
