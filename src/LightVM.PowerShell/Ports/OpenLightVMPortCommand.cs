using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Opens a TCP port of this machine (127.0.0.1) that leads to a port of a guest through the daemon's connection, for who cannot reach the
/// guest's network. It stays open in the background until Close-LightVMPort, the removal of the module or the end of the session.
/// </summary>
/// <example>
/// <code>$port = Open-LightVMPort web 80; Invoke-WebRequest "http://$port/"</code>
/// Reads a page of a guest on a remote host.
/// </example>
[Cmdlet(VerbsCommon.Open, "LightVMPort", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(ForwardedPort))]
public sealed class OpenLightVMPortCommand : GuestCmdlet
{
    /// <summary>The guest's TCP port.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateRange(1, 65_535)]
    public int Port { get; set; }

    /// <summary>The port of this machine; a free one otherwise.</summary>
    [Parameter]
    [ValidateRange(1, 65_535)]
    public int LocalPort { get; set; }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        foreach ((LightVMClient client, IReadOnlyList<Guest> members) in ByHost(guests))
        {
            foreach (Guest guest in members)
            {
                string local = LocalPort == 0 ? "a free port" : LocalPort.ToString(CultureInfo.InvariantCulture);
                if (ShouldProcess($"port {Port} of guest {guest.Name} on {guest.HostName}", $"Open at {local} of this machine"))
                {
                    Open(client, guest);
                }
            }
        }
    }

    private void Open(LightVMClient client, Guest guest)
    {
        try
        {
            Run(token => client.Ports.RequireAsync(token));
            PortForwarder forwarder = PortForwarder.Start(client, guest, Port, LocalPort);
            PortRegistry.Add(Runspace.DefaultRunspace, forwarder);
            WriteVerbose($"Port {forwarder.Port.Endpoint} of this machine leads to port {Port} of guest {guest.Name} on {guest.HostName}.");
            WriteObject(forwarder.Port);
        }
        catch (LightVMException e)
        {
            WriteProblem(e, guest);
        }
    }
}
