using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Ends this process's connections to hosts; without a name, all that were connected.</summary>
/// <example>
/// <code>Disconnect-LightVMHost xen1</code>
/// Ends the connection to xen1.
/// </example>
[Cmdlet(VerbsCommunications.Disconnect, "LightVMHost")]
public sealed class DisconnectLightVMHostCommand : HostCmdlet
{
    /// <summary>Names of hosts as this session names them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName", "Name")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in HostName ?? [.. HostRegistry.Process.Connected])
        {
            if (HostRegistry.Process.Remove(name))
            {
                WriteVerbose($"Disconnected from {name}.");
            }
            else
            {
                WriteProblem(
                    new Problem
                    {
                        Code = ErrorCodes.HostNotConnected,
                        Detail = $"This session has no connection to a host '{name}'.",
                        Target = name,
                        Recommendation = "See which it has: Get-LightVMHost",
                    },
                    name);
            }
        }
    }
}
