using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Gets the images that hosts hold.</summary>
/// <example>
/// <code>Get-LightVMImage h*</code>
/// Shows the images whose names begin with h.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMImage")]
[OutputType(typeof(Image))]
public sealed class GetLightVMImageCommand : GetNamedCmdlet<Image>
{
    /// <summary>Names of images; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string[]? Name { get; set; }

    private protected override NamedSearch<Image> Search => ImageSearch.Images;

    private protected override IReadOnlyList<string>? GivenNames => Name;
}
