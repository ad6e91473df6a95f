using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Completes names of hosts that this process has met, and of saved ones.</summary>
public sealed class HostNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        IReadOnlyList<string> met = HostRegistry.Process.Known;
        return NameCompletion.Results(
            wordToComplete,
            met.Select(name => (name, name)).Concat(Saved()
                .Where(host => !met.Contains(host.Name, StringComparer.OrdinalIgnoreCase))
                .Select(host => (host.Name, host.WithoutOwnName().ToString()))));
    }

    private static IReadOnlyList<HostEndpoint> Saved()
    {
        try
        {
            return HostRegistry.Process.Saved?.Read() ?? [];
        }
        catch (LightVMException)
        {
            // The command that uses one will say what is wrong with the file.
            return [];
        }
    }
}
