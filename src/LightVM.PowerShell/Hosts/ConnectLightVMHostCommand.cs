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
/// <code>Connect-LightVMHost ssh://admin@xen2:2222 -Alias lab -Save</code>
/// From now on it is lab: in this session and in later ones, wherever a -HostName, LIGHTVM_HOST or a spec says so.
/// </example>
/// <example>
/// <code>Connect-LightVMHost localhost</code>
/// Uses this machine's own daemon.
/// </example>
[Cmdlet(VerbsCommunications.Connect, "LightVMHost")]
[OutputType(typeof(Host))]
public sealed class ConnectLightVMHostCommand : HostCmdlet
{
    /// <summary>A saved host, a host name (reached by ssh), ssh://[user@]host[:port], unix:/path, or localhost for the local socket.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[] HostName { get; set; } = [];

    /// <summary>What this session is to call the host: letters, digits, -, _ and .; one that means another host already is refused.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Alias { get; set; }

    /// <summary>
    /// Saves the host by that name, once it has answered, in lightvm/hosts.json of the user's configuration directory (~/.config): later sessions
    /// reach it by that name, and connect when they need it. Disconnect-LightVMHost -Forget takes it out.
    /// </summary>
    [Parameter]
    public SwitchParameter Save { get; set; }

    /// <summary>The configuration file that ssh is to read in place of the user's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SshConfigFile { get; set; }

    protected override void ProcessRecord()
    {
        if (Alias is not null && HostName.Length > 1)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument, $"'{Alias}' cannot be the alias of {HostName.Length} hosts.", Alias, "Connect them one by one, each with its own -Alias."));
        }

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
        HostEndpoint endpoint = EndpointOf(name);
        WriteVerbose($"Connecting to {endpoint}.");
        IReadOnlyList<string> met = HostRegistry.Process.Known;
        LightVMClient client = Alias is null ? HostRegistry.Process.GetOrAdd(endpoint) : HostRegistry.Process.GetOrAdd(endpoint, Alias);
        try
        {
            if (Save)
            {
                // What cannot be saved is told before there is a wait for the host.
                SavedHosts.RequireName(client.HostName);
                OfUser.RequireFree(client.Endpoint);
            }

            Host host = Run(client.Host.GetAsync);
            if (Save)
            {
                OfUser.Save(client.Endpoint);
                WriteVerbose($"'{client.HostName}' is saved in {OfUser.Path}.");
            }

            HostRegistry.Process.SetDefault(client);
            WriteObject(host);
        }
        catch when (!met.Contains(client.HostName, StringComparer.OrdinalIgnoreCase))
        {
            // What cannot be reached is not remembered: its name may be spelled otherwise the next time.
            HostRegistry.Process.Remove(client.HostName);
            throw;
        }
    }

    private static SavedHosts OfUser => HostRegistry.Process.Saved ?? throw new LightVMException(
        ErrorCodes.FeatureMissing, "This account has no configuration directory to save hosts in.", recommendation: "Set HOME or XDG_CONFIG_HOME, or leave -Save out.");

    private HostEndpoint EndpointOf(string name)
    {
        if (SshConfigFile is { } file)
        {
            HostEndpoint spelled = HostEndpoint.Parse(name);
            return spelled.Kind == EndpointKind.Ssh
                ? HostEndpoint.ForSsh(spelled.SshHost!, spelled.User, spelled.Port, GetUnresolvedProviderPathFromPSPath(file))
                : spelled;
        }

        return HostRegistry.Process.Resolve(name);
    }
}
