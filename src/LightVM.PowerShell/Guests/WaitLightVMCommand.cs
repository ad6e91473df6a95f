using System.Management.Automation;
using System.Text.RegularExpressions;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Waits until guests run, are stopped, have given their first event, answer on their networks, are ready, or have written a console line.
/// Silent unless -PassThru.
/// </summary>
/// <example>
/// <code>Wait-LightVM a -Console 'listening on \d+' -Timeout 60</code>
/// Waits until it has written such a line.
/// </example>
/// <example>
/// <code>New-LightVM web http -Publish 8080:80 | Wait-LightVM -For Ready</code>
/// Waits until its published ports accept connections.
/// </example>
/// <example>
/// <code>New-LightVM job hello -CommandLine count=10 | Wait-LightVM -For Stopped</code>
/// Waits until it has ended.
/// </example>
[Cmdlet(VerbsLifecycle.Wait, "LightVM", DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class WaitLightVMCommand : GuestCmdlet
{
    /// <summary>
    /// Running (the default), Stopped, FirstEvent; Network: each adapter is connected and the guest has answered on it; Ready: that, and each
    /// published TCP port accepts connections.
    /// </summary>
    [Parameter]
    [ValidateSet(nameof(WaitFor.Running), nameof(WaitFor.Stopped), nameof(WaitFor.FirstEvent), nameof(WaitFor.Network), nameof(WaitFor.Ready))]
    public string For { get; set; } = nameof(WaitFor.Running);

    /// <summary>A regular expression: waits for a console line that matches it, past lines included.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Console { get; set; }

    /// <summary>Seconds after which a guest that is not there yet is the error WaitTimeout.</summary>
    [Parameter]
    [ValidateRange(0, 86_400)]
    [Alias("TimeoutSec")]
    public int Timeout { get; set; } = 30;

    /// <summary>Writes the guests that are there.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void BeginProcessing()
    {
        if (Console is null)
        {
            return;
        }

        if (MyInvocation.BoundParameters.ContainsKey(nameof(For)))
        {
            ThrowProblem(new LightVMException(ErrorCodes.InvalidArgument, "-For and -Console exclude each other.", null, "Give one of them; wait twice for both."));
        }

        try
        {
            _ = new Regex(Console);
        }
        catch (ArgumentException e)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument, $"'{Console}' is no regular expression: {e.Message}", Console, "To wait for plain text use [regex]::Escape('text').", e));
        }
    }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(guests);
        ForEachHost([.. groups.Select(group => group.Client)], async (client, token) =>
        {
            IReadOnlyList<Guest> members = groups.First(group => group.Client == client).Guests;
            await PostAsync(
                () => WriteVerbose($"Waiting up to {Timeout} s for {members.Count} guest(s) on {client.HostName}: {Console ?? For}."), token).ConfigureAwait(false);
            BatchResult batch = await client.Guests.WaitAsync(
                new WaitRequest
                {
                    Ids = [.. members.Select(guest => guest.Id)],
                    For = Console is null ? Enum.Parse<WaitFor>(For, ignoreCase: true) : WaitFor.Console,
                    Console = Console,
                    TimeoutMs = Timeout * 1000,
                },
                token).ConfigureAwait(false);
            await PostAsync(() => WriteResults(members, batch.Results), token).ConfigureAwait(false);
        });
    }

    private void WriteResults(IReadOnlyList<Guest> guests, IReadOnlyList<GuestResult> results)
    {
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
