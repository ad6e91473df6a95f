using System.Text;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>
/// The validation of a file in itself: syntax, schema, references inside the file. All that is wrong is found in one go;
/// only a text that is no YAML ends it early.
/// </summary>
public static class SpecLoader
{
    /// <param name="path">The file.</param>
    /// <param name="file">The file as the user gave it, for messages; null: the path.</param>
    /// <param name="secrets">Where its secrets come from; null: the credentials of this service.</param>
    /// <param name="builder">
    /// What builds images of its recipes; it is only asked for what it has already: <see cref="RecipeImages"/> has the others built. Null: a recipe is a finding.
    /// </param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LightVMException">SpecInvalid with all findings; SpecNotFound, AccessDenied.</exception>
    public static async Task<FleetSpec> LoadAsync(
        string path, string? file = null, ISecretSource? secrets = null, IRecipeBuilder? builder = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var findings = new FindingList(file ?? path);
        SpecText text = SpecText.Read(path, findings);
        FleetSpec spec = await LoadAsync(text, Path.GetFullPath(path), findings, LocalSource.Instance, secrets ?? new CredentialDirectory(), builder, cancellationToken).ConfigureAwait(false);
        if (spec.Name == Dsc.DscResource.Fleet)
        {
            findings.Add(spec.NameMark, "metadata.name", $"'{spec.Name}' is the fleet of what DSC's instances made, which this spec would delete", "another name");
            throw findings.ToException();
        }

        return spec;
    }

    /// <summary>The same for a text that is in no file.</summary>
    /// <param name="text">YAML, or JSON.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="directory">Absolute; relative paths in it start there. A recipe in it is a finding.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LightVMException">SpecInvalid with all findings.</exception>
    public static Task<FleetSpec> ParseAsync(string text, string name, string directory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var findings = new FindingList(name);
        return LoadAsync(SpecText.FromBytes(Encoding.UTF8.GetBytes(text), findings), Path.Combine(directory, name), findings, LocalSource.Instance, new CredentialDirectory(), null, cancellationToken);
    }

    /// <summary>The same of a text, with what it refers to from wherever that is.</summary>
    /// <exception cref="LightVMException">SpecInvalid with all findings; as the source.</exception>
    internal static async Task<FleetSpec> LoadAsync(
        SpecText text, string fullPath, FindingList findings, ISpecSource source, ISecretSource secrets, IRecipeBuilder? builder, CancellationToken cancellationToken)
    {
        FleetSpec? spec = Bind(text, fullPath, findings);
        if (spec is not null)
        {
            NameReferences.Check(spec, findings);
            HostNames.Check(spec, findings);
            TextReferences.Check(spec, findings);
            DeviceReferences.Check(spec, findings);
            DependencyReferences.Check(spec, findings);
            if (!source.HasAllImages)
            {
                await RecipeReferences.CheckAsync(spec, findings, builder, cancellationToken).ConfigureAwait(false);
            }

            await ImageReferences.CheckAsync(spec, findings, source, cancellationToken).ConfigureAwait(false);
            await SecretReferences.ResolveAsync(spec, findings, secrets, cancellationToken).ConfigureAwait(false);
            await FileReferences.CheckAsync(spec, findings, source, cancellationToken).ConfigureAwait(false);
        }

        findings.ThrowIfAny();
        return spec!;
    }

    /// <summary>Syntax and schema. Null where nothing could be bound; then there are findings.</summary>
    /// <exception cref="LightVMException">SpecInvalid: not YAML.</exception>
    internal static FleetSpec? Bind(SpecText text, string fullPath, FindingList findings)
    {
        YamlNode? root = YamlReader.Read(text.Text, findings);
        return root is null ? null : FleetBinder.Bind(root, findings, fullPath, text);
    }
}
