using System.Management.Automation;
using System.Runtime.Versioning;
using LightVM.Client;
using LightVM.Lab;

namespace LightVM.PowerShell;

/// <summary>Powers a lab off, with all guests in it; one that does not run is no error.</summary>
/// <example>
/// <code>Stop-LightVMLab</code>
/// Powers it off.
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "LightVMLab", SupportsShouldProcess = true)]
[SupportedOSPlatform("linux")]
public sealed class StopLightVMLabCommand : LabCmdlet
{
    protected override void ProcessRecord()
    {
        try
        {
            string root = Root;
            if (!ShouldProcess($"lab {Name} of {root}", "Stop"))
            {
                return;
            }

            HostEndpoint? endpoint = Run(token => XenLab.StatusAsync(root, Name, token)).State is { } state ? EndpointOf(state) : null;
            bool ended = RunLab("Stopping the lab", (progress, token) => XenLab.DownAsync(root, Name, progress, cancellation: token));
            WriteVerbose(ended ? $"The lab '{Name}' has ended." : $"There was no lab '{Name}'.");
            if (endpoint is not null && HostRegistry.Process.Find(endpoint) is { } client)
            {
                HostRegistry.Process.Remove(client.HostName);
            }
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, Name);
        }
    }
}
