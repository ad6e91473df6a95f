using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Completes names of guests; the tool tip tells their state.</summary>
public sealed class GuestNameCompleter : IArgumentCompleter
{
    private static readonly NameCache<Guest> Cache = new();

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.ClientOf(fakeBoundParameters) is { } client
            ? NameCompletion.Results(
                wordToComplete,
                Cache.Get(client.HostName, token => client.Guests.ListAsync(null, token)).Select(guest => (guest.Name, $"{guest.Name}: {guest.State}, {guest.Image}")))
            : [];
}
