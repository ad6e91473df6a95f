using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace LightVM.PowerShell;

/// <summary>Closes forwarded ports of this session, with the connections that are open on them. None that matches is no error.</summary>
/// <example>
/// <code>Close-LightVMPort web</code>
/// Closes those that lead to a guest.
/// </example>
/// <example>
/// <code>Get-LightVMPort | Close-LightVMPort</code>
/// Closes all.
/// </example>
[Cmdlet(VerbsCommon.Close, "LightVMPort", SupportsShouldProcess = true, DefaultParameterSetName = PortSet)]
public sealed class CloseLightVMPortCommand : LightVMCmdlet
{
    private const string PortSet = "Port";
    private const string NameSet = "Name";

    /// <summary>Forwarded ports, as Open-LightVMPort and Get-LightVMPort write them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = PortSet)]
    [ValidateNotNullOrEmpty]
    public ForwardedPort[] InputObject { get; set; } = [];

    /// <summary>Names of guests; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only those to these ports of guests.</summary>
    [Parameter(Position = 1, ParameterSetName = NameSet)]
    public int[]? Port { get; set; }

    /// <summary>Only these ports of this machine.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public int[]? LocalPort { get; set; }

    /// <summary>Only those to guests of these hosts.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        IEnumerable<PortForwarder> chosen = ParameterSetName == PortSet
            ? PortRegistry.Of(Runspace.DefaultRunspace).Where(port => InputObject.Contains(port.Port))
            : PortSearch.Find(Name, Port, LocalPort, HostName);
        foreach (PortForwarder port in chosen)
        {
            if (ShouldProcess($"{port.Port.Endpoint}, which leads to port {port.Port.Port} of guest {port.Port.GuestName} on {port.Port.HostName}", "Close"))
            {
                PortRegistry.Close(port);
            }
        }
    }
}
