using System.Management.Automation;
using System.Runtime.Versioning;
using LightVM.Lab;

namespace LightVM.PowerShell;

/// <summary>Gets a checkout's lab as it is now; never starts or stops anything.</summary>
/// <example>
/// <code>Get-LightVMLab</code>
/// Shows whether it runs, and how it is reached.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMLab")]
[OutputType(typeof(LabInfo))]
[SupportedOSPlatform("linux")]
public sealed class GetLightVMLabCommand : LabCmdlet
{
    protected override void ProcessRecord()
    {
        try
        {
            string root = Root;
            LabStatus status = RunLab("Asking for the lab", (_, token) => XenLab.StatusAsync(root, Name, token));
            WriteObject(Describe(status, Name, root));
        }
        catch (LightVMException e)
        {
            WriteProblem(e, Name);
        }
    }
}
