using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Starts guests that are stopped or crashed, and lets those that are saved go on where they were; of those that run already nothing is changed.</summary>
/// <example>
/// <code>Get-LightVM -State Stopped | Start-LightVM</code>
/// Starts all that are stopped.
/// </example>
[Cmdlet(VerbsLifecycle.Start, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class StartLightVMCommand : GuestActionCmdlet
{
    protected override string Operation => "Start";

    protected override string Activity => "Starting guests";

    protected override GuestActionRequest RequestFor(IReadOnlyList<Guid> ids) => new() { Action = GuestAction.Start, Ids = ids };
}
