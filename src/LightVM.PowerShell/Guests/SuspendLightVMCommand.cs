using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Pauses guests: their CPUs are held, their memory is kept.</summary>
/// <example>
/// <code>Suspend-LightVM a</code>
/// Holds its CPUs.
/// </example>
[Cmdlet(VerbsLifecycle.Suspend, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class SuspendLightVMCommand : GuestActionCmdlet
{
    protected override string Operation => "Suspend";

    protected override string Activity => "Suspending guests";

    protected override GuestActionRequest RequestFor(IReadOnlyList<Guid> ids) => new() { Action = GuestAction.Pause, Ids = ids };
}
