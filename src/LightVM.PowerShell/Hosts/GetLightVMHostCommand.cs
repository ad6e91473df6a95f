using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets Xen hosts with their versions, memory and guests: those given, else all connected ones, else the default host.</summary>
/// <example>
/// <code>Get-LightVMHost</code>
/// Shows all connected hosts.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMHost")]
[OutputType(typeof(Host))]
public sealed class GetLightVMHostCommand : HostCmdlet
{
    /// <summary>Hosts as this session names them, or as Connect-LightVMHost takes them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName", "Name")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        IReadOnlyList<LightVMClient> clients = ClientsOf(HostName ?? [.. HostRegistry.Process.Connected]);
        ForEachHost(clients, async (client, token) =>
        {
            Host host = await client.Host.GetAsync(token).ConfigureAwait(false);
            await PostAsync(() => WriteObject(host), token).ConfigureAwait(false);
        });
    }
}
