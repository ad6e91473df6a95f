using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>References inside the file: recipes of images, what they are made of, and what was built of them already. Nothing is built.</summary>
internal static class RecipeReferences
{
    /// <param name="spec">The spec.</param>
    /// <param name="findings">Of the spec's file; those of recipe files come there too.</param>
    /// <param name="builder">Null: whoever asks builds no images, which is a finding of each recipe.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task CheckAsync(FleetSpec spec, FindingList findings, IRecipeBuilder? builder, CancellationToken cancellationToken)
    {
        string specDirectory = Path.GetDirectoryName(spec.FullPath)!;
        var read = new Dictionary<string, RecipeSpec?>(StringComparer.Ordinal); // several images of one file have its findings once
        foreach (ImageSpec image in spec.Images.Where(image => image.Path is null))
        {
            if (builder is null)
            {
                findings.Add(
                    image.PathMark, image.SourcePlace, $"image '{image.Name}' is to be built of a recipe, and here images are not built",
                    "the path of a directory that Build-TinyxImage wrote (path:), or to apply the spec by Invoke-LightVMReconcile, which builds it");
            }

            string? full = image.RecipePath is { } path ? Path.GetFullPath(path, specDirectory) : null;
            if (full is not null && read.TryGetValue(full, out RecipeSpec? known))
            {
                image.Recipe = known;
                continue;
            }

            if (full is not null)
            {
                read[full] = image.Recipe = Read(image, full, Path.Combine(Path.GetDirectoryName(findings.File) ?? "", image.RecipePath!), findings);
            }

            if (image.Recipe is { } recipe)
            {
                RecipeLoader.CheckPaths(recipe, findings);
            }
        }

        // Whether one is built is no question while anything is wrong.
        foreach (ImageSpec image in spec.Images.Where(image => image.Path is null && builder is not null && !findings.Any))
        {
            await FindAsync(image, findings, builder!, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A problem that the recipe itself is to blame for, where the value stands that it is about.</summary>
    /// <returns>False: it is of another kind, and nothing was added.</returns>
    public static bool Report(ImageSpec image, Problem problem, FindingList findings)
    {
        if (problem.Code is not (ErrorCodes.InvalidArgument or ErrorCodes.ImageNotFound or ErrorCodes.ImageInvalid) || image.Recipe is not { } recipe)
        {
            return false;
        }

        RecipeValue? value = recipe.Values.FirstOrDefault(value => value.Text == problem.Target);
        findings.AddOf(
            recipe.File, value?.Mark ?? recipe.Mark, value?.Place ?? recipe.Place, $"image '{image.Name}': {problem.Detail.TrimEnd('.')}",
            problem.Recommendation is { Length: > 0 } advice ? char.ToLowerInvariant(advice[0]) + advice[1..].TrimEnd('.') : "a recipe that an image can be built of");
        return true;
    }

    private static RecipeSpec? Read(ImageSpec image, string full, string shown, FindingList findings)
    {
        const string expected = "a recipe file, relative to the spec file";
        if (!File.Exists(full))
        {
            findings.Add(image.PathMark, image.SourcePlace, $"image '{image.Name}': there is no recipe file '{YamlScalar.Show(image.RecipePath!)}' ({full})", expected);
            return null;
        }

        var own = new FindingList(shown);
        try
        {
            return RecipeLoader.Read(full, own);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.SpecInvalid)
        {
            // Its findings are in the list.
            return null;
        }
        catch (LightVMException e)
        {
            findings.Add(image.PathMark, image.SourcePlace, $"image '{image.Name}': {e.Problem.Detail.TrimEnd('.')}", expected);
            return null;
        }
        finally
        {
            findings.AddAll(own);
        }
    }

    private static async Task FindAsync(ImageSpec image, FindingList findings, IRecipeBuilder builder, CancellationToken cancellationToken)
    {
        try
        {
            if (await builder.FindAsync(image.Name, image.Recipe!, cancellationToken).ConfigureAwait(false) is { } directory)
            {
                image.Take((await Client.ImageDirectory.ReadAsync(directory, cancellationToken).ConfigureAwait(false)).Manifest, findings, directory);
            }
        }
        catch (LightVMException e) when (Report(image, e.Problem, findings))
        {
            // Said with all the others.
        }
    }
}
