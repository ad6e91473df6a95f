using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Gets the forwarded ports that are open in this session. Nothing is asked of any host.</summary>
/// <example>
/// <code>Get-LightVMPort</code>
/// Shows which local port leads where.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMPort")]
[OutputType(typeof(ForwardedPort))]
public sealed class GetLightVMPortCommand : LightVMCmdlet
{
    /// <summary>Names of guests; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only those to these ports of guests.</summary>
    [Parameter(Position = 1)]
    public int[]? Port { get; set; }

    /// <summary>Only these ports of this machine.</summary>
    [Parameter]
    public int[]? LocalPort { get; set; }

    /// <summary>Only those to guests of these hosts.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord() =>
        WriteObject(PortSearch.Find(Name, Port, LocalPort, HostName).Select(port => port.Port), enumerateCollection: true);
}
