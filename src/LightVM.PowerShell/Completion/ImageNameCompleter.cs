using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Completes names of images that the host holds.</summary>
public sealed class ImageNameCompleter : IArgumentCompleter
{
    private static readonly NameCache<Image> Cache = new();

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.ClientOf(fakeBoundParameters) is { } client
            ? NameCompletion.Results(
                wordToComplete,
                Cache.Get(client.HostName, client.Images.ListAsync).Select(image => (image.Name, image.Description ?? image.Kind)))
            : [];
}
