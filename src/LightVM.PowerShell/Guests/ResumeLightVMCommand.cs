using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Lets suspended guests run on.</summary>
/// <example>
/// <code>Get-LightVM -State Paused | Resume-LightVM</code>
/// Lets all that are paused run on.
/// </example>
[Cmdlet(VerbsLifecycle.Resume, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class ResumeLightVMCommand : GuestActionCmdlet
{
    protected override string Operation => "Resume";

    protected override string Activity => "Resuming guests";

    protected override GuestActionRequest RequestFor(IReadOnlyList<Guid> ids) => new() { Action = GuestAction.Resume, Ids = ids };
}
