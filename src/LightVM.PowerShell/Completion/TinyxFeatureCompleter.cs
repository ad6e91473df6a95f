using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LightVM.Tinyx;

namespace LightVM.PowerShell;

/// <summary>Completes what a Tinyx kernel can have besides.</summary>
public sealed class TinyxFeatureCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Results(wordToComplete, Recipe.KnownFeatures.Select(feature => (feature, feature)));
}
