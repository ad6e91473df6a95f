using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that does one <see cref="GuestAction"/> to guests: one batch for each host. Silent unless -PassThru.</summary>
public abstract class GuestActionCmdlet : GuestCmdlet
{
    // A batch of this size and more runs as an operation of the daemon, which tells its progress and can be canceled.
    private const int OperationSize = 8;

    /// <summary>Writes the guests as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What -WhatIf and -Confirm call it, such as <c>Stop</c>.</summary>
    protected abstract string Operation { get; }

    /// <summary>The same, of one guest.</summary>
    protected virtual string OperationOn(Guest guest) => Operation;

    /// <summary>What ending a saved guest costs.</summary>
    private protected static string GiveUpOf(Guest guest) => guest.State == GuestState.Saved ? $", giving up the memory that is saved in checkpoint {guest.Checkpoint}" : "";

    /// <summary>What progress calls it, such as <c>Stopping guests</c>.</summary>
    protected abstract string Activity { get; }

    /// <summary>The request for some guests of one host.</summary>
    protected abstract GuestActionRequest RequestFor(IReadOnlyList<Guid> ids);

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        List<Guest> chosen = [.. guests.Where(guest => ShouldProcess(TargetOf(guest), OperationOn(guest)))];
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(chosen);
        foreach ((LightVMClient client, IReadOnlyList<Guest> members) in groups)
        {
            WriteVerbose($"Asking {client.HostName} to {Operation.ToLowerInvariant()} {members.Count} guest(s): {Some(members)}.");
        }

        ForEachHost(
            [.. groups.Select(group => group.Client)],
            (client, token) => ActAsync(client, groups.First(group => group.Client == client).Guests, token));
    }

    private static string TargetOf(Guest guest) => $"guest {guest.Name} on {guest.HostName}";

    private static string Some(IReadOnlyList<Guest> guests) =>
        string.Join(", ", guests.Take(5).Select(guest => guest.Name)) + (guests.Count > 5 ? ", …" : "");

    private async Task ActAsync(LightVMClient client, IReadOnlyList<Guest> guests, CancellationToken cancellationToken)
    {
        foreach (Guest[] chunk in guests.Chunk(CreateGuestsRequest.MaxBatch))
        {
            GuestActionRequest request = RequestFor([.. chunk.Select(guest => guest.Id)]);
            IReadOnlyList<GuestResult>? results =
                chunk.Length >= OperationSize ? await OperationRunner.RunAsync(
                    client, Activity, Show, progress => client.Guests.ActAsync(request, progress, cancellationToken)).ConfigureAwait(false) :
                PassThru ? (await client.Guests.ActAsync(request, cancellationToken).ConfigureAwait(false)).Results :
                (await client.Guests.ActForProblemsAsync(request, cancellationToken).ConfigureAwait(false))?.Results;
            if (results is null)
            {
                continue; // done for each, and nobody wants to see them
            }

            await PostAsync(() => WriteResults(chunk, results), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Show(ProgressRecord record) => TryPost(() => WriteProgress(record));

    private void WriteResults(Guest[] guests, IReadOnlyList<GuestResult> results)
    {
        // Results are in the order of the request.
        foreach ((Guest guest, GuestResult result) in guests.Zip(results))
        {
            if (result.Problem is { } problem)
            {
                WriteProblem(problem, guest);
            }
            else if (PassThru)
            {
                WriteObject(result.Guest ?? guest);
            }
        }
    }
}
