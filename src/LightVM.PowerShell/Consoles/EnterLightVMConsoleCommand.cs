using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Joins this terminal to a guest's console: what is typed goes to the guest, Ctrl-C and Ctrl-D too, until Ctrl-] is typed or the guest
/// ends. Begins with the last of what the guest has written. Receive-LightVMConsole reads a console without a terminal.
/// </summary>
/// <example>
/// <code>Enter-LightVMConsole deb</code>
/// Opens the console; Ctrl-] leaves it, and the guest goes on.
/// </example>
[Cmdlet(VerbsCommon.Enter, "LightVMConsole", DefaultParameterSetName = VMSet)]
public sealed class EnterLightVMConsoleCommand : GuestCmdlet
{
    private const int ControlBits = 0x1f;

    /// <summary>The key that leaves, with Ctrl: a letter, or one of ] [ \ ^ _.</summary>
    [Parameter]
    [ValidatePattern(@"^[a-zA-Z\]\[\\^_]$")]
    public string EscapeKey { get; set; } = "]";

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        if (guests.Count > 1)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument,
                $"A terminal has room for one console, and {guests.Count} guests are meant: {string.Join(", ", guests.Take(5).Select(guest => guest.Name))}.",
                guests[1].Name,
                "Name one guest. Receive-LightVMConsole -Follow reads several at once."));
        }

        try
        {
            if (Console.IsInputRedirected || Console.IsOutputRedirected)
            {
                throw NoTerminal(guests[0]);
            }

            foreach ((LightVMClient client, IReadOnlyList<Guest> members) in ByHost(guests))
            {
                Enter(client, members[0]);
            }
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, guests[0]);
        }
    }

    private void Enter(LightVMClient client, Guest guest)
    {
        WriteVerbose($"Opening the console of guest {guest.Name} on {guest.HostName}.");
        ConsoleAttachment console = Run(token => client.Console.AttachAsync(guest.Id, guest.Name, Console.WindowWidth, Console.WindowHeight, token));
        try
        {
            Say($"[{guest.Name} on {guest.HostName}: Ctrl-{EscapeKey.ToUpperInvariant()} leaves]");
            ConsoleEnd end;
            using (ITerminal terminal = Open(guest))
            {
                var session = new ConsoleSession(terminal, console, (byte)(char.ToUpperInvariant(EscapeKey[0]) & ControlBits));
                end = Run(session.RunAsync);
            }

            Say(end == ConsoleEnd.Left ? $"\n[left {guest.Name}]" : $"\n[{guest.Name} has ended{(console.End is { } how ? ": " + how : "")}]");
        }
        finally
        {
            console.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static ITerminal Open(Guest guest)
    {
        try
        {
            return OperatingSystem.IsWindows() ? new WindowsTerminal() : new UnixTerminal();
        }
        catch (IOException e)
        {
            throw NoTerminal(guest, e);
        }
    }

    private static LightVMException NoTerminal(Guest guest, Exception? inner = null) => new(
        ErrorCodes.InvalidState,
        $"The console of guest '{guest.Name}' cannot be entered: this session has no terminal.",
        guest.Name,
        $"Read it with Receive-LightVMConsole {guest.Name} -Follow, or enter it from a session in a terminal.",
        inner);

    // For the person at the terminal, as what the guest writes is; not output of the command.
    private void Say(string text) => Host.UI.WriteLine(text);
}
