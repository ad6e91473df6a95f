using LightVM.Reconcile;
using LightVM.Tinyx;

namespace LightVM.PowerShell;

/// <summary>Recipes of specs, built by LightVM.Tinyx into the user's build cache.</summary>
/// <param name="step">Told of an image and what is done to it now, from any thread; null: it is done.</param>
/// <param name="warn">Told what is doubtful of an image that was built.</param>
internal sealed class TinyxRecipes(Action<string, string?> step, Func<string, CancellationToken, ValueTask> warn) : IRecipeBuilder
{
    public async Task<string?> FindAsync(string name, RecipeSpec recipe, CancellationToken cancellationToken)
    {
        try
        {
            return (await new CachedImages().FindAsync(ToRecipe(name, recipe), cancellationToken).ConfigureAwait(false))?.Directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is no cache, so nothing is in it.
            return null;
        }
    }

    public async Task<string> BuildAsync(string name, RecipeSpec recipe, CancellationToken cancellationToken)
    {
        try
        {
            CachedImage built = await new CachedImages(what => step(name, what)).GetAsync(ToRecipe(name, recipe), cancellationToken).ConfigureAwait(false);
            foreach (string warning in built.Warnings)
            {
                await warn($"Image {name}: {warning}", cancellationToken).ConfigureAwait(false);
            }

            return built.Directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LightVMException(ErrorCodes.BuildFailed, e.Message, name, "See whether the build cache (~/.cache/lightvm, or below XDG_CACHE_HOME) can be written.", e);
        }
        finally
        {
            step(name, null);
        }
    }

    /// <summary>As the builder takes it.</summary>
    internal static Recipe ToRecipe(string name, RecipeSpec recipe) => new()
    {
        Name = name,
        Packages = recipe.Packages,
        Paths = recipe.Paths,
        OciLayout = recipe.OciLayout,
        Command = recipe.Command,
        User = recipe.User,
        WorkingDirectory = recipe.WorkingDirectory ?? "/",
        Environment = recipe.Environment,
        RestartCommand = recipe.Restart,
        Ports = recipe.Ports,
        Features = recipe.Features,
        Keep = recipe.Keep,
        Drop = recipe.Drop,
        MinimumMemory = recipe.MinimumMemory,
        Description = recipe.Description,
    };
}
