using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>Reads recipe files: syntax, schema, and whether the files are there that they name. All that is wrong is found in one go.</summary>
public static class RecipeLoader
{
    /// <param name="path">The file.</param>
    /// <param name="file">The file as the user gave it, for messages; null: the path.</param>
    /// <exception cref="LightVMException">SpecInvalid with all findings; SpecNotFound, AccessDenied.</exception>
    public static RecipeSpec Load(string path, string? file = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var findings = new FindingList(file ?? path);
        if (!File.Exists(path))
        {
            throw new LightVMException(
                ErrorCodes.SpecNotFound, $"There is no recipe file '{findings.File}'.", findings.File, "Check the path; relative paths start at the current location.");
        }

        RecipeSpec? recipe = Read(Path.GetFullPath(path), findings);
        if (recipe is not null)
        {
            CheckPaths(recipe, findings);
        }

        findings.ThrowIfAny();
        return recipe!;
    }

    /// <summary>Syntax and schema.</summary>
    /// <returns>Null where nothing could be bound; then there are findings.</returns>
    /// <exception cref="LightVMException">SpecInvalid: not YAML. SpecNotFound, AccessDenied.</exception>
    internal static RecipeSpec? Read(string fullPath, FindingList findings) =>
        YamlReader.Read(SpecText.Read(fullPath, findings).Text, findings) is { } root ? RecipeBinder.BindFile(root, Path.GetDirectoryName(fullPath)!, findings) : null;

    /// <summary>Whether what it is made of is on this machine.</summary>
    internal static void CheckPaths(RecipeSpec recipe, FindingList findings)
    {
        foreach (RecipeValue value in recipe.Values)
        {
            bool isLayout = value.Key == "ociLayout";
            if ((isLayout || (value.Key == "paths" && !File.Exists(value.Text))) && !Directory.Exists(value.Text))
            {
                findings.AddOf(
                    recipe.File, value.Mark, value.Place, $"there is no {(isLayout ? "directory" : "file or directory")} {value.Text}",
                    isLayout ? "a directory that holds an OCI image layout" : "a file or directory of this machine");
            }
        }
    }
}
