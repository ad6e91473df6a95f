using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace LightVM.Shell;

/// <summary>Out-Host of this host: what a script hands to it is data too, see <see cref="OutDataCommand"/>.</summary>
[Cmdlet(VerbsData.Out, "Host")]
public sealed class OutHostDataCommand : OutHostCommand
{
    protected override void BeginProcessing()
    {
        using var data = ShellUserInterface.BeginData();
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        using var data = ShellUserInterface.BeginData(asIs: InputObject?.BaseObject is string);
        base.ProcessRecord();
    }

    protected override void EndProcessing()
    {
        using var data = ShellUserInterface.BeginData();
        base.EndProcessing();
    }
}
