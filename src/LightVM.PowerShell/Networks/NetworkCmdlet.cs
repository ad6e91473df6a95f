using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on existing networks, given as objects (set Network, the default) or by name (set Name).</summary>
public abstract class NetworkCmdlet : HostCmdlet
{
    protected const string NetworkSet = "Network";
    protected const string NameSet = "Name";

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

    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == NetworkSet)
        {
            foreach (IGrouping<string?, Network> group in Network.GroupBy(network => network.HostName))
            {
                foreach (LightVMClient client in ClientsOf(group.Key is { } name ? [name] : null))
                {
                    ProcessEach(client, group);
                }
            }

            return;
        }

        foreach (LightVMClient client in ClientsOf(HostName))
        {
            try
            {
                (IReadOnlyList<Network> found, IReadOnlyList<string> missing) = Run(token => NetworkSearch.FindAsync(client, Name, token));
                foreach (string name in missing)
                {
                    WriteProblem(NetworkSearch.NotFound(client.HostName, name), name);
                }

                ProcessEach(client, found);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, client.HostName);
            }
        }
    }

    /// <summary>Does it to one network; what it throws is a non-terminating error.</summary>
    private protected abstract void Process(LightVMClient client, Network network);

    private void ProcessEach(LightVMClient client, IEnumerable<Network> networks)
    {
        foreach (Network network in networks)
        {
            try
            {
                Process(client, network);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, network);
            }
        }
    }
}
