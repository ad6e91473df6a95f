using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Connects this process to Xen hosts, for all its runspaces; the last one becomes the default host.</summary>
/// <example>
/// <code>Connect-LightVMHost xen1</code>
/// Connects by ssh to xen1, as 'ssh xen1' does, and makes it the default host.
/// </example>
/// <example>
/// <code>Connect-LightVMHost ssh://admin@xen2:2222</code>
/// Connects to another, with user and port.
/// </example>
/// <example>
/// <code>Connect-LightVMHost localhost</code>
/// Uses this machine's own daemon.
/// </example>
[Cmdlet(VerbsCommunications.Connect, "LightVMHost")]
[OutputType(typeof(Host))]
public sealed class ConnectLightVMHostCommand : HostCmdlet
{
    /// <summary>A host name (reached by ssh), ssh://[user@]host[:port], unix:/path, or localhost for the local socket.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[] HostName { get; set; } = [];

    /// <summary>The configuration file that ssh is to read in place of the user's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SshConfigFile { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in HostName)
        {
            try
            {
                Connect(name);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, name);
            }
        }
    }

    private void Connect(string name)
    {
        HostEndpoint endpoint = HostEndpoint.Parse(name);
        if (SshConfigFile is { } file && endpoint.Kind == EndpointKind.Ssh)
        {
            endpoint = HostEndpoint.ForSsh(endpoint.SshHost!, endpoint.User, endpoint.Port, GetUnresolvedProviderPathFromPSPath(file));
        }

        WriteVerbose($"Connecting to {endpoint}.");
        bool isNew = HostRegistry.Process.Find(endpoint) is null;
        LightVMClient client = HostRegistry.Process.GetOrAdd(endpoint);
        try
        {
            Host host = Run(client.Host.GetAsync);
            HostRegistry.Process.SetDefault(client);
            WriteObject(host);
        }
        catch when (isNew)
        {
            // What cannot be reached is not remembered: its name may be spelled otherwise the next time.
            HostRegistry.Process.Remove(client.HostName);
            throw;
        }
    }
}
