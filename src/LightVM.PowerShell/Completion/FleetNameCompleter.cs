using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LightVM.PowerShell;

/// <summary>Completes names of fleets of the host.</summary>
public sealed class FleetNameCompleter : IArgumentCompleter
{
    private static readonly NameCache<Fleet> Cache = new();

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.ClientOf(fakeBoundParameters) is { } client
            ? NameCompletion.Results(
                wordToComplete,
                Cache.Get(client.HostName, client.Fleets.ListAsync).Select(fleet => (fleet.Name, FormattableString.Invariant($"revision {fleet.Revision}, {fleet.Guests.Count} guests"))))
            : [];
}
