using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Verifies image directories and brings what is in them to hosts; an image that is there already is returned as it is.</summary>
/// <example>
/// <code>Import-LightVMImage ./out/images/hello</code>
/// Brings the image to the default host.
/// </example>
/// <example>
/// <code>Import-LightVMImage ./out/images/* -HostName xen1, xen2</code>
/// Brings all images of a directory to two hosts.
/// </example>
[Cmdlet(VerbsData.Import, "LightVMImage", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(Image))]
public sealed class ImportLightVMImageCommand : HostCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>Directories that hold an image.json; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Directories that hold an image.json, taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Replaces an image of the same name and other content; guests that run keep what they were started with.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The hosts to bring it to; the default host otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        IReadOnlyList<LightVMClient> clients = ClientsOf(HostName);
        foreach (string directory in ParameterSetName == PathSet ? Path.SelectMany(Resolve) : LiteralPath.Select(GetUnresolvedProviderPathFromPSPath))
        {
            try
            {
                Import(directory, clients);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, directory);
            }
        }
    }

    private void Import(string directory, IReadOnlyList<LightVMClient> clients)
    {
        ImageDirectory image = Run(token => ImageDirectory.ReadAsync(directory, token));
        List<LightVMClient> chosen = [.. clients.Where(client => ShouldProcess($"image {image.Manifest.Name} ({directory}) on {client.HostName}", "Import"))];
        ForEachHost(chosen, async (client, token) =>
        {
            await PostAsync(() => WriteVerbose($"Sending {client.HostName} what it has not got of image {image.Manifest.Name}."), token).ConfigureAwait(false);
            Image imported = await client.Images.ImportAsync(image, Force, token).ConfigureAwait(false);
            await PostAsync(() => WriteObject(imported), token).ConfigureAwait(false);
        });
    }

    /// <summary>A literal path that does not exist is passed on: the reader says so in the words of images.</summary>
    private IEnumerable<string> Resolve(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [GetUnresolvedProviderPathFromPSPath(path)];
        }

        try
        {
            return GetResolvedProviderPathFromPSPath(path, out _);
        }
        catch (ItemNotFoundException)
        {
            // A wildcard that matches nothing is no error.
            return [];
        }
    }
}
