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
    private bool _begun;
    private bool _ended;

    protected override void BeginProcessing()
    {
        using var data = ShellUserInterface.BeginData();
        _begun = true;
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        using var data = ShellUserInterface.BeginData(asIs: InputObject?.BaseObject is string);
        base.ProcessRecord();
    }

    protected override void EndProcessing()
    {
        _ended = true;
        using var data = ShellUserInterface.BeginData();
        base.EndProcessing();
    }

    /// <summary>
    /// A pipeline that an error ended comes here without EndProcessing, while the formatter may hold rows: they were
    /// written before the error, and belong to the output.
    /// </summary>
    protected override void InternalDispose()
    {
        if (_begun && !_ended)
        {
            try
            {
                EndProcessing();
            }
            catch (PipelineStoppedException)
            {
                // Stopped from outside: nobody waits for the rows.
            }
        }

        base.InternalDispose();
    }
}
