namespace LightVM.Reconcile.Tests;

/// <summary>A builder whose images are a few bytes: a directory for each recipe that it was asked to build.</summary>
internal sealed class ModelBuilder(Samples samples) : IRecipeBuilder
{
    private readonly Dictionary<string, string> built = new(StringComparer.Ordinal);

    /// <summary>Names of images, in the order of their builds.</summary>
    public List<string> Builds { get; } = [];

    /// <summary>What keeps an image from being built.</summary>
    public Func<RecipeSpec, Problem?> Refuse { get; set; } = _ => null;

    public Task<string?> FindAsync(string name, RecipeSpec recipe, CancellationToken cancellationToken) => Task.FromResult(built.GetValueOrDefault(Key(name, recipe)));

    public Task<string> BuildAsync(string name, RecipeSpec recipe, CancellationToken cancellationToken)
    {
        if (Refuse(recipe) is { } problem)
        {
            throw new LightVMException(problem);
        }

        string key = Key(name, recipe);
        if (!built.TryGetValue(key, out string? directory))
        {
            Builds.Add(name);
            samples.WriteImage(name, recipe.MinimumMemory ?? 4 << 20, key);
            directory = Path.Combine(samples.Directory, $"built-{Builds.Count}");
            Directory.Move(Path.Combine(samples.Directory, "images", name), directory);
            built[key] = directory;
        }

        return Task.FromResult(directory);
    }

    private static string Key(string name, RecipeSpec recipe) =>
        string.Join('|', name, string.Join(',', recipe.Packages), string.Join(',', recipe.Paths), recipe.Command, recipe.User, string.Join(',', recipe.Ports));
}
