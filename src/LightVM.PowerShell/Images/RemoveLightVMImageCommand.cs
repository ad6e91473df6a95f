using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes images from hosts; one that a guest is defined by is refused.</summary>
/// <example>
/// <code>Remove-LightVMImage hello</code>
/// Removes the image from the default host.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMImage", SupportsShouldProcess = true, DefaultParameterSetName = ImageSet)]
public sealed class RemoveLightVMImageCommand : NamedCmdlet<Image>
{
    private const string ImageSet = "Image";

    /// <summary>Images, as Get-LightVMImage and Import-LightVMImage write them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ImageSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Image[] Image { get; set; } = [];

    /// <summary>Names of images; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string[] Name { get; set; } = [];

    private protected override NamedSearch<Image> Search => ImageSearch.Images;

    private protected override IReadOnlyList<Image> Given => Image;

    private protected override IReadOnlyList<string> GivenNames => Name;

    private protected override void Process(LightVMClient client, Image thing)
    {
        if (ShouldProcess($"image {thing.Name} on {client.HostName}", "Remove"))
        {
            Run(token => client.Images.RemoveAsync(thing.Name, token));
        }
    }
}
