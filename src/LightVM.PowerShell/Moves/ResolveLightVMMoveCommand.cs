using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Decides where a guest runs whose move is in doubt, on the word of an administrator alone: for when one of the two hosts is lost. Where
/// both answer, Move-LightVM finds out by itself. Decide the same on both hosts, or the guest runs twice.
/// </summary>
/// <example>
/// <code>Resolve-LightVMMove web-1 -HostName xen2 -RunAt Destination</code>
/// xen2 has received it, and xen1, where it came from, is lost for good: it is started on xen2.
/// </example>
/// <example>
/// <code>Resolve-LightVMMove web-1 -HostName xen1 -RunAt Source</code>
/// xen1 has given it up, and xen2, where it went, is lost for good: it goes on where it stood still.
/// </example>
[Cmdlet(VerbsDiagnostic.Resolve, "LightVMMove", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class ResolveLightVMMoveCommand : GuestCmdlet
{
    /// <summary>Where it is to run: at its Source, or at its Destination. On the other of the two it is given up.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public MoveRole RunAt { get; set; }

    /// <summary>Writes the guests that run here as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        foreach ((LightVMClient client, IReadOnlyList<Guest> members) in ByHost(guests))
        {
            foreach (Guest guest in members)
            {
                Resolve(client, guest);
            }
        }
    }

    private void Resolve(LightVMClient client, Guest guest)
    {
        try
        {
            (string action, Func<CancellationToken, Task<Guest?>> work) = Choose(client, guest);
            if (ShouldProcess($"guest {guest.Name} on {client.HostName}", action) && Run(work) is { } now && PassThru)
            {
                WriteObject(now);
            }
        }
        catch (LightVMException e)
        {
            WriteProblem(e, guest);
        }
    }

    private (string Action, Func<CancellationToken, Task<Guest?>> Work) Choose(LightVMClient client, Guest guest)
    {
        bool destination = RunAt == MoveRole.Destination;
        MovesApi moves = client.Moves;
        Guid id = guest.Move?.Id ?? Guid.Empty;
        return (guest.State, guest.Move) switch
        {
            (GuestState.InDoubt, { } move) when destination => (
                $"Forget: it runs on {move.Peer}",
                token => Nothing(moves.CompleteAsync(id, token))),
            (GuestState.InDoubt, { } move) => (
                $"Run here, never on {move.Peer}",
                async token => await moves.TakeBackAsync(id, token).ConfigureAwait(false)),
            (GuestState.Incoming, { } move) when destination => (
                $"Run here, never again on {move.Peer}",
                async token => await moves.StartAsync(id, new MoveStart { Force = true }, token).ConfigureAwait(false)),
            (GuestState.Incoming, { } move) => (
                $"Drop: it runs on {move.Peer}",
                token => Nothing(moves.AbortAsync(id, token))),
            (_, { Role: MoveRole.Destination } move) when destination => (
                $"Run here, never again on {move.Peer}",
                token => Nothing(moves.SettleAsync(id, token))),
            _ => throw new LightVMException(
                ErrorCodes.InvalidState,
                $"Guest '{guest.Name}' on '{client.HostName}' is {guest.State}: {(guest.Move is null ? "no move of it is in doubt." : "it runs here already.")}",
                guest.Name,
                "See its state with Get-LightVM."),
        };
    }

    private static async Task<Guest?> Nothing(Task work)
    {
        await work.ConfigureAwait(false);
        return null;
    }
}
