using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Asks guests to power off, waits, and starts them again.</summary>
/// <example>
/// <code>Restart-LightVM a</code>
/// Stops it as Stop-LightVM does, and starts it.
/// </example>
[Cmdlet(VerbsLifecycle.Restart, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class RestartLightVMCommand : GuestActionCmdlet
{
    /// <summary>Seconds that a guest has to power off.</summary>
    [Parameter]
    [ValidateRange(0, 86_400)]
    public int Timeout { get; set; } = 30;

    /// <summary>Destroys what has not powered off in time, in place of the error StopTimeout.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override string Operation => "Restart";

    protected override string OperationOn(Guest guest) => base.OperationOn(guest) + GiveUpOf(guest);

    protected override string Activity => "Restarting guests";

    protected override GuestActionRequest RequestFor(IReadOnlyList<Guid> ids) => new()
    {
        Action = GuestAction.Restart,
        Ids = ids,
        TimeoutMs = Timeout * 1000,
        Force = Force,
    };
}
