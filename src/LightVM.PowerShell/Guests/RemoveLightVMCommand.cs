using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Removes guests in any state; one that runs is destroyed at once.</summary>
/// <example>
/// <code>Remove-LightVM load-* -Confirm:$false</code>
/// Removes many without asking.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(Guest))]
public sealed class RemoveLightVMCommand : GuestActionCmdlet
{
    protected override string Operation => "Remove";

    protected override string Activity => "Removing guests";

    protected override GuestActionRequest RequestFor(IReadOnlyList<Guid> ids) => new() { Action = GuestAction.Remove, Ids = ids };
}
