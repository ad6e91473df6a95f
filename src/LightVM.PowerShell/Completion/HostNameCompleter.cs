using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LightVM.PowerShell;

/// <summary>Completes names of hosts that this process has met.</summary>
public sealed class HostNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Results(wordToComplete, HostRegistry.Process.Known.Select(name => (name, name)));
}
