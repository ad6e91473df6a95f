using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Writes what guests have written to their consoles, as strings with the properties VMName, Sequence and Time; with -Follow until the guests end.
/// </summary>
/// <example>
/// <code>Receive-LightVMConsole a -Tail 20</code>
/// Writes the last lines.
/// </example>
/// <example>
/// <code>New-LightVM a hello | Receive-LightVMConsole -Follow</code>
/// Shows what it writes until it ends, or Ctrl-C.
/// </example>
[Cmdlet(VerbsCommunications.Receive, "LightVMConsole", DefaultParameterSetName = VMSet)]
[OutputType(typeof(string))]
public sealed class ReceiveLightVMConsoleCommand : GuestCmdlet
{
    /// <summary>Stays, and writes lines as they come, until the guest ends or Ctrl-C.</summary>
    [Parameter]
    [Alias("Wait")]
    public SwitchParameter Follow { get; set; }

    /// <summary>Begins with so many of the last lines; otherwise with the first that is held.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [Alias("Last")]
    public int Tail { get; set; }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(guests);
        ForEachHost([.. groups.Select(group => group.Client)], async (client, token) =>
        {
            IReadOnlyList<Guest> members = groups.First(group => group.Client == client).Guests;
            if (Follow)
            {
                await Task.WhenAll(members.Select(guest => ReadAsync(client, guest, token))).ConfigureAwait(false);
                return;
            }

            foreach (Guest guest in members)
            {
                await ReadAsync(client, guest, token).ConfigureAwait(false);
            }
        });
    }

    private async Task ReadAsync(LightVMClient client, Guest guest, CancellationToken cancellationToken)
    {
        int? tail = MyInvocation.BoundParameters.ContainsKey(nameof(Tail)) ? Tail : null;
        try
        {
            await foreach (ConsoleLine line in client.Console.ReadAsync(guest.Id, Follow, tail, null, cancellationToken).ConfigureAwait(false))
            {
                await PostAsync(() => Write(guest, line), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (LightVMException e) when (e.Problem.Code is not (ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied))
        {
            await PostAsync(() => WriteProblem(e, guest), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Write(Guest guest, ConsoleLine line)
    {
        if (line.Lost > 0)
        {
            WriteWarning($"{line.Lost} line(s) of guest {guest.Name} on {guest.HostName} are no longer held.");
        }

        var text = new PSObject(line.Text);
        text.Properties.Add(new PSNoteProperty("VMName", guest.Name));
        text.Properties.Add(new PSNoteProperty("Sequence", line.Sequence));
        text.Properties.Add(new PSNoteProperty("Time", line.Time));
        WriteObject(text);
    }
}
