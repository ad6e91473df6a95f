using System.Security.Cryptography;
using System.Text.Json;
using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>Makes images: one application, one tiny Linux. Needs root, Debian 12 and its tools; see <see cref="Recipe"/>.</summary>
public sealed class TinyxBuilder
{
    internal const string KernelFile = "vmlinuz";

    /// <summary>What the kernel was asked for, by fragments: what Optimize-TinyxImage goes on from.</summary>
    internal const string OptionsFile = "kernel.config";

    private const string RamdiskFile = "root.cpio.zst";

    // When everything in an image was made: the day of Debian 12.
    private const long Time = 1686355200;

    private const long Megabyte = 1 << 20;

    private readonly BuildCache cache;
    private readonly Action<string> step;

    /// <param name="step">Called with what is being made now, from any thread.</param>
    /// <param name="cacheDirectory">Null: the user's cache.</param>
    public TinyxBuilder(Action<string>? step = null, string? cacheDirectory = null)
    {
        this.step = step ?? (static _ => { });
        cache = new BuildCache(cacheDirectory ?? BuildCache.DefaultDirectory);
    }

    /// <summary>Makes an image of a recipe. What was there of that name is replaced at the end, as a whole.</summary>
    /// <param name="recipe">What of.</param>
    /// <param name="directory">Where image.json is to be; made if it is not there.</param>
    /// <param name="refresh">Takes Debian's packages as they are now, not as the cache has them.</param>
    /// <param name="tests">What it has to pass before it is written; null: nothing.</param>
    /// <param name="cancellationToken">Ends it: nothing runs on, nothing is mounted, the cache stays good.</param>
    /// <exception cref="LightVMException">InvalidArgument, AccessDenied, FeatureMissing, DiskFull, BuildFailed, TestFailed.</exception>
    public async Task<BuiltImage> BuildAsync(
        Recipe recipe, string directory, bool refresh = false, ImageTests? tests = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Check();
        _ = KernelOptions.Of(recipe.Features); // before anything takes time
        Tools.CheckRootFileSystem();
        string work = cache.MakeWorkDirectory();
        try
        {
            var layers = new DebianLayers(cache, step);
            if (refresh)
            {
                layers.Forget();
            }

            RootFileSystem system;
            if (recipe.OciLayout is { } layout)
            {
                OciImage image = OciImage.Read(layout);
                recipe = recipe.With(image);
                recipe.Check();
                (string busybox, ImagePackage package) = await layers.BusyBoxAsync(cancellationToken).ConfigureAwait(false);
                step("The root file system");
                system = await OciRoot.AssembleAsync(image, recipe, busybox, package, work, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                LayeredTree tree = await layers.InstallAsync(recipe.Packages, cancellationToken).ConfigureAwait(false);
                step("The root file system");
                system = DebianRoot.Assemble(tree, recipe);
            }

            string ramdisk = Path.Combine(work, RamdiskFile);
            await PackAsync(system.Root, ramdisk, cancellationToken).ConfigureAwait(false);
            KernelOptions options = KernelOptions.Of(recipe.Features.Concat(FeatureRules.Of(system.Root)));
            KernelBuilder.Built kernel = await new KernelBuilder(cache, step).BuildAsync(options, cancellationToken).ConfigureAwait(false);
            File.Copy(kernel.Path, Path.Combine(work, KernelFile));
            ImageManifest manifest = Describe(recipe, system, kernel, work);
            await WriteManifestAsync(manifest, work, cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(work, OptionsFile), options.ToText(), cancellationToken).ConfigureAwait(false);
            long? measured = tests is null ? null : await tests.RunAsync(work, manifest, system.Root.Size, step, cancellationToken).ConfigureAwait(false);
            if (measured is { } memory)
            {
                manifest = manifest.With(minimumMemory: memory);
                await WriteManifestAsync(manifest, work, cancellationToken).ConfigureAwait(false);
            }

            Directory.CreateDirectory(directory);
            foreach (string name in new[] { KernelFile, RamdiskFile, OptionsFile, ImageDirectory.ManifestFile })
            {
                File.Copy(Path.Combine(work, name), Path.Combine(directory, name), overwrite: true);
            }

            return new BuiltImage(Path.GetFullPath(directory), manifest, system.Root.Size, system.Warnings);
        }
        catch (IOException e) when (e.HResult == DiskFullError)
        {
            throw new LightVMException(ErrorCodes.DiskFull, $"The image cannot be made: {e.Message}", directory, "Free some space on the disk.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LightVMException(ErrorCodes.BuildFailed, $"The image cannot be made: {e.Message}", directory, "See whether the directory can be written.", e);
        }
        finally
        {
            BuildCache.Remove(work);
        }
    }

    private const int DiskFullError = 28; // ENOSPC, as .NET gives it on Unix

    private static async Task PackAsync(RootTree root, string file, CancellationToken cancellationToken)
    {
        string archive = file + ".cpio";
        FileStream stream = File.Create(archive);
        await using (stream.ConfigureAwait(false))
        {
            await CpioWriter.WriteAsync(root, stream, Time, cancellationToken).ConfigureAwait(false);
        }

        // A small window: the kernel's memory for unpacking is as large as it.
        Runner.Result result = await Runner.RunAsync(
            "zstd", ["-q", "--ultra", "-22", "--zstd=wlog=20", "-T1", "-f", archive, "-o", file], cancellationToken).ConfigureAwait(false);
        if (result.Code != 0)
        {
            throw new LightVMException(ErrorCodes.BuildFailed, $"The root file system cannot be packed: {result.Errors.Trim()}", "zstd", "See whether the disk is full.");
        }

        File.Delete(archive);
    }

    internal static Task WriteManifestAsync(ImageManifest manifest, string directory, CancellationToken cancellationToken) => File.WriteAllTextAsync(
        Path.Combine(directory, ImageDirectory.ManifestFile), JsonSerializer.Serialize(manifest, LightVMJson.Default.ImageManifest) + "\n", cancellationToken);

    private static ImageManifest Describe(Recipe recipe, RootFileSystem system, KernelBuilder.Built kernel, string work)
    {
        ImageFile vmlinuz = FileOf(work, KernelFile), ramdisk = FileOf(work, RamdiskFile);
        ImagePackage[] packages =
        [
            .. system.Packages,
            ImagePackage.OfDebian(KernelBuilder.SourcePackage, kernel.Version, "all"),
        ];
        return new ImageManifest
        {
            Name = recipe.Name,
            Kind = "linux",
            Kernel = vmlinuz,
            Ramdisk = ramdisk,
            CommandLine = "console=hvc0 quiet panic=-1 rootfstype=ramfs",
            MinimumMemory = recipe.MinimumMemory ?? Reckon(system.Root.Size),
            ShutdownHandler = true,
            Network = true,
            Description = recipe.Description ?? $"Tinyx: {string.Join(", ", recipe.Packages.Concat(recipe.Paths.Append(recipe.OciLayout).OfType<string>().Select(p => Path.GetFileName(p.TrimEnd('/')))))}",
            Packages = packages,
            Ports = recipe.Ports.Count == 0 ? null : [.. recipe.Ports],
        };
    }

    /// <summary>What a kernel with its own data takes, the root file system, and something to run in.</summary>
    private static long Reckon(long root)
    {
        const long kernel = 10 * Megabyte, application = 10 * Megabyte, step = 4 * Megabyte;
        long sum = kernel + application + root;
        return (sum + step - 1) / step * step;
    }

    internal static ImageFile FileOf(string directory, string name)
    {
        using FileStream stream = File.OpenRead(Path.Combine(directory, name));
        return new ImageFile { File = name, Size = stream.Length, Digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(stream)) };
    }
}
