using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace LightVM.Shell;

/// <summary>
/// Out-Default of this host: PowerShell's own, whose host output is marked as data while it works, so that the
/// user interface can tell a table on its way to standard output from a message.
/// </summary>
[Cmdlet(VerbsData.Out, "Default")]
public sealed class OutDataCommand : OutDefaultCommand
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
