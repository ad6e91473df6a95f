using LightVM.Client;

namespace LightVM.Reconcile;

/// <summary>Images of recipes: what a plan needs before it can be made, since it is about their digests.</summary>
public static class RecipeImages
{
    /// <summary>Has those built that are not there yet, one after the other: each uses all processors.</summary>
    /// <param name="spec">From <see cref="SpecLoader"/>; its images are complete afterwards.</param>
    /// <param name="builder">Builds them.</param>
    /// <param name="cancellationToken">Gives up; what is built by then stays the builder's.</param>
    /// <exception cref="LightVMException">
    /// SpecInvalid: a recipe asks for what there is not, or a guest has too little memory for what came of it. Else what the builder said, with the image and its recipe.
    /// </exception>
    public static async Task BuildAsync(FleetSpec spec, IRecipeBuilder builder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(builder);
        var findings = new FindingList(spec.File, spec.Text);
        foreach (ImageSpec image in spec.Images.Where(image => image.Manifest is null))
        {
            RecipeSpec recipe = image.Recipe ?? throw new InvalidOperationException($"Image '{image.Name}' has no recipe.");
            try
            {
                string directory = await builder.BuildAsync(image.Name, recipe, cancellationToken).ConfigureAwait(false);
                image.Take((await ImageDirectory.ReadAsync(directory, cancellationToken).ConfigureAwait(false)).Manifest, findings, directory);
                ImageReferences.CheckMemory(spec, image, findings);
            }
            catch (LightVMException e) when (RecipeReferences.Report(image, e.Problem, findings))
            {
                // The others' faults are told as well.
            }
            catch (LightVMException e)
            {
                throw new LightVMException(e.Problem.Code, $"Image '{image.Name}' cannot be built of {recipe}: {e.Problem.Detail}", image.Name, e.Problem.Recommendation, e);
            }
        }

        findings.ThrowIfAny();
    }
}
