using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>
/// Images that are kept under a digest of all that they are made of (<see cref="RecipeInputs"/>): one that was made once is there at once.
/// An image is there whole or not at all. Members may be used from several threads and processes.
/// </summary>
public sealed class CachedImages
{
    internal const string Kind = "images";

    private readonly BuildCache cache;
    private readonly DebianLayers layers;
    private readonly KernelBuilder kernels;
    private readonly TinyxBuilder builder;
    private readonly Action<string> step;

    /// <param name="step">Called with what is being made now, from any thread.</param>
    /// <param name="cacheDirectory">Null: the user's cache.</param>
    /// <exception cref="IOException">The cache cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public CachedImages(Action<string>? step = null, string? cacheDirectory = null)
    {
        this.step = step ?? (static _ => { });
        cache = new BuildCache(cacheDirectory ?? BuildCache.DefaultDirectory);
        layers = new DebianLayers(cache, this.step);
        kernels = new KernelBuilder(cache, this.step);
        builder = new TinyxBuilder(this.step, cache.Directory);
    }

    /// <summary>The image that is there; null: it would have to be made, which may not be possible here. Makes nothing.</summary>
    /// <exception cref="LightVMException">InvalidArgument, ImageNotFound, ImageInvalid: the recipe is wrong.</exception>
    public async Task<CachedImage?> FindAsync(Recipe recipe, CancellationToken cancellationToken = default)
    {
        Check(recipe);
        try
        {
            return await KeyAsync(recipe, cancellationToken).ConfigureAwait(false) is { } key ? await ReadAsync(key, cancellationToken).ConfigureAwait(false) : null;
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.FeatureMissing or ErrorCodes.BuildFailed)
        {
            // No Debian, or no package source: whoever wants it made is told.
            return null;
        }
    }

    /// <summary>The image, made if it is not there.</summary>
    /// <exception cref="LightVMException">As <see cref="TinyxBuilder.BuildAsync"/>; BuildFailed also: what it is made of was changed meanwhile.</exception>
    public async Task<CachedImage> GetAsync(Recipe recipe, CancellationToken cancellationToken = default)
    {
        Check(recipe);
        Tools.CheckRootFileSystem();
        try
        {
            // What lies below first: what is installed is part of the digest.
            if (recipe.OciLayout is null)
            {
                _ = await layers.InstallAsync(recipe.Packages, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                _ = await layers.BusyBoxAsync(cancellationToken).ConfigureAwait(false);
            }

            string key = await KeyAsync(recipe, cancellationToken).ConfigureAwait(false) ?? throw Changed(recipe);
            if (await ReadAsync(key, cancellationToken).ConfigureAwait(false) is { } there)
            {
                return there;
            }

            IReadOnlyList<string> warnings = [];
            string directory = await cache.GetAsync(
                Kind,
                key,
                async made =>
                {
                    warnings = (await builder.BuildAsync(recipe, made, cancellationToken: cancellationToken).ConfigureAwait(false)).Warnings;
                    if (await KeyAsync(recipe, cancellationToken).ConfigureAwait(false) != key)
                    {
                        throw Changed(recipe);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            return new CachedImage(directory, warnings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LightVMException(ErrorCodes.BuildFailed, $"The image cannot be made: {e.Message}", recipe.Name, $"See whether {cache.Directory} can be written.", e);
        }
    }

    private static void Check(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Check();
        _ = KernelOptions.Of(recipe.Features);
    }

    /// <summary>Null: what lies below an image of it is not there.</summary>
    private async Task<string?> KeyAsync(Recipe recipe, CancellationToken cancellationToken)
    {
        string[] installed;
        if (recipe.OciLayout is { } layout)
        {
            OciImage image = OciImage.Read(layout);
            recipe = recipe.With(image);
            if (layers.FindBusyBox() is not { } busybox)
            {
                return null;
            }

            installed = [busybox.Package.VersionInfo, .. image.Layers.SelectMany(layer => new[] { Path.GetFileName(layer.File), layer.MediaType })];
        }
        else
        {
            if (await layers.FindAsync(recipe.Packages, cancellationToken).ConfigureAwait(false) is not { } tree)
            {
                return null;
            }

            installed = [tree.ReadText("var/lib/dpkg/status")];
        }

        string kernel = await kernels.SourceVersionAsync(cancellationToken).ConfigureAwait(false);
        return await RecipeInputs.KeyAsync(recipe, installed, kernel, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CachedImage?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        string directory = cache.PathOf(Kind, key);
        if (!Directory.Exists(directory))
        {
            return null;
        }

        try
        {
            _ = await ImageDirectory.ReadAsync(directory, cancellationToken).ConfigureAwait(false);
            return new CachedImage(directory, []);
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.ImageInvalid or ErrorCodes.ImageNotFound)
        {
            // Somebody has been at it: it is made again.
            BuildCache.Remove(directory);
            return null;
        }
    }

    private static LightVMException Changed(Recipe recipe) =>
        new(ErrorCodes.BuildFailed, "What the image is made of was changed while it was built.", recipe.Name, "Build it again.");
}
