namespace LightVM.Reconcile;

/// <summary>
/// Builds images of recipes, and keeps them under a digest of all that they are made of: where nothing of that has changed, what was built once is there.
/// Both methods give a directory that holds image.json, which stays the builder's and is not to be changed.
/// </summary>
public interface IRecipeBuilder
{
    /// <summary>The image that is there already; null: it is to be built first. Builds nothing, and needs none of what building takes.</summary>
    /// <param name="name">What the image is called.</param>
    /// <param name="recipe">What it is made of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LightVMException">InvalidArgument, ImageNotFound, ImageInvalid: the recipe is wrong; the target is the value of it that is.</exception>
    Task<string?> FindAsync(string name, RecipeSpec recipe, CancellationToken cancellationToken);

    /// <summary>The image, built if it is not there: that may take minutes.</summary>
    /// <inheritdoc cref="FindAsync" path="/param"/>
    /// <exception cref="LightVMException">As <see cref="FindAsync"/>; whatever keeps it from being built.</exception>
    Task<string> BuildAsync(string name, RecipeSpec recipe, CancellationToken cancellationToken);
}
