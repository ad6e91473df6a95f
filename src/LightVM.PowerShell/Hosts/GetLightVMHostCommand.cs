using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Gets Xen hosts with their versions, memory and guests: those given, else all connected ones, else the default host; with -Saved what the user
/// has saved, without asking them.
/// </summary>
/// <example>
/// <code>Get-LightVMHost</code>
/// Shows all connected hosts.
/// </example>
/// <example>
/// <code>Get-LightVMHost -Saved</code>
/// Shows the saved hosts, and which of them are connected.
/// </example>
/// <example>
/// <code>Get-LightVMHost -Saved | Get-LightVMHost</code>
/// Asks all of them.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMHost", DefaultParameterSetName = HostSet)]
[OutputType(typeof(Host), ParameterSetName = [HostSet])]
[OutputType(typeof(SavedHost), ParameterSetName = [SavedSet])]
public sealed class GetLightVMHostCommand : HostCmdlet
{
    private const string HostSet = "Host";
    private const string SavedSet = "Saved";

    /// <summary>Hosts as this session names them, or as Connect-LightVMHost takes them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName", "Name")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    /// <summary>The saved hosts in place of those; none of them is asked.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SavedSet)]
    public SwitchParameter Saved { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == SavedSet)
        {
            WriteSaved();
            return;
        }

        IReadOnlyList<LightVMClient> clients = ClientsOf(HostName ?? [.. HostRegistry.Process.Connected]);
        ForEachHost(clients, async (client, token) =>
        {
            Host host = await client.Host.GetAsync(token).ConfigureAwait(false);
            await PostAsync(() => WriteObject(host), token).ConfigureAwait(false);
        });
    }

    private void WriteSaved()
    {
        try
        {
            IReadOnlyList<string> connected = HostRegistry.Process.Connected;
            foreach (HostEndpoint host in HostRegistry.Process.Saved?.Read() ?? [])
            {
                WriteObject(new SavedHost
                {
                    Name = host.Name,
                    Endpoint = host.WithoutOwnName().ToString(),
                    IsConnected = connected.Contains(host.Name, StringComparer.OrdinalIgnoreCase),
                });
            }
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
        }
    }
}
