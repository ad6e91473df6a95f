using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that makes plans of spec files.</summary>
public abstract class PlanningCmdlet : SpecCmdlet
{
    /// <summary>Keeps the fleet's guests that the spec no longer names.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter NoPrune { get; set; }
}
