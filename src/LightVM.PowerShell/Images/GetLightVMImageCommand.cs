using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets the images that hosts hold.</summary>
/// <example>
/// <code>Get-LightVMImage h*</code>
/// Shows the images whose names begin with h.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMImage")]
[OutputType(typeof(Image))]
public sealed class GetLightVMImageCommand : HostCmdlet
{
    /// <summary>Names of images; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        string[] names = Name ?? ["*"];
        ForEachHost(ClientsOf(HostName), async (client, token) =>
        {
            IReadOnlyList<Image> images = await client.Images.ListAsync(token).ConfigureAwait(false);
            (IReadOnlyList<Image> found, IReadOnlyList<string> missing) = new GuestNames(names).Match(images, image => image.Name);
            await PostAsync(
                () =>
                {
                    WriteObject(found, enumerateCollection: true);
                    foreach (string name in missing)
                    {
                        WriteProblem(ImageSearch.NotFound(client.HostName, name), name);
                    }
                },
                token).ConfigureAwait(false);
        });
    }
}
