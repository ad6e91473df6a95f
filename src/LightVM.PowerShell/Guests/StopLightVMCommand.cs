using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Asks guests to power off and waits; a guest stopped so stays Stopped, whatever its restart policy, until it is started. The memory of one that is Saved is given up.</summary>
/// <example>
/// <code>Stop-LightVM web-*</code>
/// Asks the web guests to power off, and waits up to 30 seconds.
/// </example>
/// <example>
/// <code>Stop-LightVM a -Timeout 5 -Force</code>
/// Destroys it if it has not powered off after 5 seconds.
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class StopLightVMCommand : GuestActionCmdlet
{
    /// <summary>Seconds that a guest has to power off.</summary>
    [Parameter]
    [ValidateRange(0, 86_400)]
    public int Timeout { get; set; } = 30;

    /// <summary>Destroys what has not powered off in time, in place of the error StopTimeout.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Destroys at once, as by pulling the plug.</summary>
    [Parameter]
    public SwitchParameter TurnOff { get; set; }

    protected override string Operation => TurnOff ? "Turn off" : "Stop";

    protected override string OperationOn(Guest guest) => base.OperationOn(guest) + GiveUpOf(guest);

    protected override string Activity => TurnOff ? "Turning guests off" : "Stopping guests";

    protected override GuestActionRequest RequestFor(IReadOnlyList<Guid> ids) => new()
    {
        Action = TurnOff ? GuestAction.TurnOff : GuestAction.Stop,
        Ids = ids,
        TimeoutMs = Timeout * 1000,
        Force = Force,
    };
}
