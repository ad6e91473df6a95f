using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Completes names of networks of the host.</summary>
public sealed class NetworkNameCompleter : IArgumentCompleter
{
    private static readonly NameCache<Network> Cache = new();

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.ClientOf(fakeBoundParameters) is { } client
            ? NameCompletion.Results(
                wordToComplete,
                Cache.Get(client.HostName, client.Networks.ListAsync).Select(network => (network.Name, network.Subnet ?? $"bridge {network.Bridge}")))
            : [];
}
