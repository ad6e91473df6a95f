using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes images from hosts; one that a guest is defined by is refused.</summary>
/// <example>
/// <code>Remove-LightVMImage hello</code>
/// Removes the image from the default host.
/// </example>
[Cmdlet(VerbsCommon.Remove, "LightVMImage", SupportsShouldProcess = true, DefaultParameterSetName = ImageSet)]
public sealed class RemoveLightVMImageCommand : HostCmdlet
{
    private const string ImageSet = "Image";
    private const string NameSet = "Name";

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

    /// <summary>The hosts to remove it from; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ImageSet)
        {
            foreach (IGrouping<string?, Image> group in Image.GroupBy(image => image.HostName))
            {
                foreach (LightVMClient client in ClientsOf(group.Key is { } name ? [name] : null))
                {
                    Remove(client, group);
                }
            }

            return;
        }

        foreach (LightVMClient client in ClientsOf(HostName))
        {
            try
            {
                IReadOnlyList<Image> images = Run(client.Images.ListAsync);
                (IReadOnlyList<Image> found, IReadOnlyList<string> missing) = new GuestNames(Name).Match(images, image => image.Name);
                foreach (string name in missing)
                {
                    WriteProblem(ImageSearch.NotFound(client.HostName, name), name);
                }

                Remove(client, found);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, client.HostName);
            }
        }
    }

    private void Remove(LightVMClient client, IEnumerable<Image> images)
    {
        foreach (Image image in images)
        {
            if (!ShouldProcess($"image {image.Name} on {client.HostName}", "Remove"))
            {
                continue;
            }

            try
            {
                Run(token => client.Images.RemoveAsync(image.Name, token));
            }
            catch (LightVMException e)
            {
                WriteProblem(e, image);
            }
        }
    }
}
