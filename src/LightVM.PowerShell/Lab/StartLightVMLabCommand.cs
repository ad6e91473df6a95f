using System.Management.Automation;
using System.Runtime.Versioning;
using LightVM.Client;
using LightVM.Lab;

namespace LightVM.PowerShell;

/// <summary>Boots a real Xen host in QEMU, or joins the checkout's running one, and makes it this process's default host.</summary>
/// <example>
/// <code>Start-LightVMLab</code>
/// Boots the checkout's lab, or joins it, and connects to it.
/// </example>
[Cmdlet(VerbsLifecycle.Start, "LightVMLab", SupportsShouldProcess = true)]
[OutputType(typeof(Host))]
[SupportedOSPlatform("linux")]
public sealed class StartLightVMLabCommand : LabCmdlet
{
    /// <summary>The Xen host's memory in bytes; a lab that already runs keeps its own.</summary>
    [Parameter]
    [MemorySize]
    [ValidateRange(1, long.MaxValue)]
    public long Memory { get; set; } = 4L << 30;

    protected override void ProcessRecord()
    {
        try
        {
            string root = Root;
            if (!ShouldProcess($"lab {Name} of {root}", "Start"))
            {
                return;
            }

            LabState state = RunLab(
                "Starting the lab",
                (progress, token) => XenLab.UpAsync(new LabOptions(root) { Name = Name, MemoryBytes = Memory }, progress, token));
            LightVMClient client = HostRegistry.Process.GetOrAdd(EndpointOf(state));
            Host host = Run(client.Host.GetAsync);
            HostRegistry.Process.SetDefault(client);
            WriteObject(host);
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, Name);
        }
    }
}
