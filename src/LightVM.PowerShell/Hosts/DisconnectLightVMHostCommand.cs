using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Ends this process's connections to hosts; without a name, all that were connected.</summary>
/// <example>
/// <code>Disconnect-LightVMHost xen1</code>
/// Ends the connection to xen1.
/// </example>
/// <example>
/// <code>Disconnect-LightVMHost lab -Forget</code>
/// Ends the connection, if there is one, and takes lab out of the saved hosts.
/// </example>
[Cmdlet(VerbsCommunications.Disconnect, "LightVMHost", SupportsShouldProcess = true)]
public sealed class DisconnectLightVMHostCommand : HostCmdlet
{
    /// <summary>Names of hosts as this session names them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName", "Name")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    /// <summary>Takes the hosts out of the saved ones as well; their names have to be given.</summary>
    [Parameter]
    public SwitchParameter Forget { get; set; }

    protected override void ProcessRecord()
    {
        if (Forget && HostName is null)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument, "-Forget was given without the names of hosts.", recommendation: "Name them; Get-LightVMHost -Saved shows which there are."));
        }

        foreach (string name in HostName ?? [.. HostRegistry.Process.Connected])
        {
            if (!ShouldProcess(name, Forget ? "Disconnect and forget" : "Disconnect"))
            {
                continue;
            }

            try
            {
                Disconnect(name);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, name);
            }
        }
    }

    private void Disconnect(string name)
    {
        bool forgotten = Forget && HostRegistry.Process.Saved?.Forget(name) == true;
        if (HostRegistry.Process.Remove(name))
        {
            WriteVerbose($"Disconnected from {name}.");
        }
        else if (!forgotten)
        {
            throw new LightVMException(
                ErrorCodes.HostNotConnected,
                $"This session has no connection to a host '{name}'{(Forget ? ", and none is saved by that name" : "")}.",
                name,
                $"See which there are: Get-LightVMHost{(Forget ? " -Saved" : "")}");
        }

        if (forgotten)
        {
            WriteVerbose($"'{name}' is no longer saved.");
        }
        else if (Forget)
        {
            WriteVerbose($"'{name}' was not saved.");
        }
    }
}
