using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Completes names of checkpoints of the host.</summary>
public sealed class CheckpointNameCompleter : IArgumentCompleter
{
    private static readonly NameCache<Checkpoint> Cache = new();

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.ClientOf(fakeBoundParameters) is { } client
            ? NameCompletion.Results(
                wordToComplete,
                Cache.Get(client.HostName, client.Checkpoints.ListAsync).Select(checkpoint => (checkpoint.Name, $"{checkpoint.GuestName} at {checkpoint.CreationTime:u}")))
            : [];
}
