using System.Collections;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>What the completers share.</summary>
internal static class NameCompletion
{
    /// <summary>The client of the host that the command line names so far; null if it names none that can be.</summary>
    public static LightVMClient? ClientOf(IDictionary fakeBoundParameters)
    {
        try
        {
            object? given = fakeBoundParameters["HostName"] ?? fakeBoundParameters["ComputerName"];
            string? name = (given is PSObject wrapped ? wrapped.BaseObject : given) switch
            {
                string text => text,
                IEnumerable list => list.Cast<object>().FirstOrDefault()?.ToString(),
                _ => null,
            };
            return string.IsNullOrEmpty(name) ? HostRegistry.Process.Default : HostRegistry.Process.Get(name);
        }
        catch (LightVMException)
        {
            // What is typed so far names no host; the cmdlet itself will say so.
            return null;
        }
    }

    /// <summary>Those that begin with the word, quoted where they must be.</summary>
    public static IEnumerable<CompletionResult> Results(string wordToComplete, IEnumerable<(string Name, string ToolTip)> candidates)
    {
        string word = wordToComplete.Trim('\'', '"');
        var pattern = new WildcardPattern(word + "*", WildcardOptions.IgnoreCase);
        return candidates
            .Where(candidate => pattern.IsMatch(candidate.Name))
            .OrderBy(candidate => candidate.Name, StringComparer.OrdinalIgnoreCase)
            .Select(candidate => new CompletionResult(
                candidate.Name.All(c => char.IsLetterOrDigit(c) || c is '-' or '.' or '_' or '/' or ':')
                    ? candidate.Name
                    : "'" + candidate.Name.Replace("'", "''", StringComparison.Ordinal) + "'",
                candidate.Name,
                CompletionResultType.ParameterValue,
                candidate.ToolTip));
    }
}
