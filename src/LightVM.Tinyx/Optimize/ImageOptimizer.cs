using System.Diagnostics;
using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>
/// Makes the kernel of an image smaller: tries which options the application does without, by switching them off, building, booting and
/// testing; what fails is put back. A search that was interrupted goes on where it was.
/// </summary>
public sealed class ImageOptimizer
{
    private const string Prefix = "CONFIG_";
    private const string DiskDriver = "CONFIG_XEN_BLKDEV_FRONTEND";
    private const string Kind = "optimize";

    // Until one has been built: on one processor of a machine as it is usual.
    private const double FirstSecondsPerObject = 0.3;

    private readonly BuildCache cache;
    private readonly Action<OptimizeProgress> progress;
    private readonly KernelBuilder kernels;

    private double buildSeconds;
    private int builtObjects;
    private double trialSeconds;
    private int trials;

    /// <param name="progress">Called with what is being done, from any thread.</param>
    /// <param name="cacheDirectory">Null: the user's cache.</param>
    public ImageOptimizer(Action<OptimizeProgress>? progress = null, string? cacheDirectory = null)
    {
        this.progress = progress ?? (static _ => { });
        cache = new BuildCache(cacheDirectory ?? BuildCache.DefaultDirectory);
        kernels = new KernelBuilder(cache, static _ => { });
    }

    /// <param name="directory">An image that Build-TinyxImage made; it gets the new kernel.</param>
    /// <param name="candidates">Options, with or without CONFIG_; null: all that no fragment of the platform or of a feature asks for.</param>
    /// <param name="tests">What it has to do; what every guest has to do is tested besides.</param>
    /// <param name="oneByOne">Tries each option by itself, which takes longer and tells what each of them gains.</param>
    /// <param name="forget">Does not go on with an earlier search.</param>
    /// <param name="cancellationToken">Ends it; the image stays as it was.</param>
    /// <exception cref="LightVMException">InvalidArgument, BuildFailed, DiskFull; TestFailed: the image as it is does not pass.</exception>
    public async Task<OptimizedImage> OptimizeAsync(
        string directory, IReadOnlyList<string>? candidates, ImageTests tests, bool oneByOne = false, bool forget = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tests);
        ImageDirectory image = await ImageDirectory.ReadAsync(directory, cancellationToken).ConfigureAwait(false);
        KernelOptions options = await ReadOptionsAsync(image.Path, cancellationToken).ConfigureAwait(false);
        progress(new OptimizeProgress("The kernel as it is", 0, 0, null));
        KernelBuilder.Built before = await kernels.BuildAsync(options, cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<string, int> objects = before.ReadObjects();
        string[] chosen = [.. Choose(options, before.ReadConfig(), candidates).OrderBy(o => objects.GetValueOrDefault(o)).ThenBy(o => o, StringComparer.Ordinal)];
        string key = BuildCache.Key(
            ["1", before.Version, KernelBuilder.Changes, options.ToConfig(), image.Manifest.Ramdisk?.Digest ?? "", image.Manifest.CommandLine, .. tests.Tests.Select(t => t.ToString() ?? "")]);
        string path = Path.Combine(cache.Directory, Kind, key + ".jsonl");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (forget)
        {
            File.Delete(path);
        }

        var journal = new TrialJournal(path);
        string work = cache.MakeWorkDirectory();
        try
        {
            var session = new OptimizeSession(image, tests, options.All.Any(o => o is { Key: DiskDriver, Value: "y" }), work);
            await using (session.ConfigureAwait(false))
            {
                if (!journal.TryGet([], out string? failure))
                {
                    failure = await session.TryAsync(before.Path, cancellationToken).ConfigureAwait(false);
                    if (failure is null)
                    {
                        journal.Add([], null);
                    }
                }

                if (failure is not null)
                {
                    throw new LightVMException(ErrorCodes.TestFailed, $"The image as it is does not pass the tests: {failure}", image.Manifest.Name, "Nothing was changed. Have it pass Build-TinyxImage -Test first.");
                }

                return await SearchAsync(image, options, before, chosen, journal, session, oneByOne, objects, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            BuildCache.Remove(work);
        }
    }

    private async Task<OptimizedImage> SearchAsync(
        ImageDirectory image, KernelOptions options, KernelBuilder.Built before, string[] candidates, TrialJournal journal, OptimizeSession session, bool oneByOne, IReadOnlyDictionary<string, int> objects, CancellationToken cancellationToken)
    {
        var verdicts = new List<OptionVerdict>();
        KernelBuilder.Built kernel = before, tried = before;
        OptionSearch search = null!;
        search = new OptionSearch(
            async off =>
            {
                IReadOnlyList<string> set = [.. off.Skip(search.Off.Count)];
                progress(new OptimizeProgress(Describe(set), verdicts.Sum(v => v.Options.Count), candidates.Length, Remaining(search.Pending, objects)));
                if (journal.TryGet(off, out string? failure))
                {
                    // It passed: its kernel was built then, and is in the cache.
                    tried = failure is null ? await kernels.BuildAsync(options.Without(off), cancellationToken).ConfigureAwait(false) : tried;
                    return failure;
                }

                (tried, failure) = await TryAsync(options.Without(off), set, session, objects, tried, cancellationToken).ConfigureAwait(false);
                journal.Add(off, failure);
                return failure;
            },
            (set, failure) =>
            {
                (long bytes, long memory) = failure is null ? (SizeOf(kernel) - SizeOf(tried), kernel.MemorySize - tried.MemorySize) : (0, 0);
                verdicts.Add(new OptionVerdict(set, failure, bytes, memory));
                kernel = failure is null ? tried : kernel;
            });
        await search.RunAsync(candidates, oneByOne).ConfigureAwait(false);
        progress(new OptimizeProgress("The image", candidates.Length, candidates.Length, TimeSpan.Zero));
        KernelOptions final = options.Without(search.Off);
        ImageManifest manifest = await session.WriteAsync(kernel.Path, final, cancellationToken).ConfigureAwait(false);
        return new OptimizedImage(image.Path, manifest, verdicts, SizeOf(before) - SizeOf(kernel), before.MemorySize - kernel.MemorySize);
    }

    private async Task<(KernelBuilder.Built Kernel, string? Failure)> TryAsync(
        KernelOptions options, IReadOnlyList<string> set, OptimizeSession session, IReadOnlyDictionary<string, int> objects, KernelBuilder.Built last, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        KernelBuilder.Built kernel;
        try
        {
            kernel = await kernels.BuildAsync(options, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.BuildFailed)
        {
            return (last, e.Message); // something selects it, or does not compile without
        }

        builtObjects += ObjectsOf(set, objects);
        buildSeconds += clock.Elapsed.TotalSeconds;
        clock.Restart();
        string? failure = await session.TryAsync(kernel.Path, cancellationToken).ConfigureAwait(false);
        trials++;
        trialSeconds += clock.Elapsed.TotalSeconds;
        return (kernel, failure);
    }

    private TimeSpan? Remaining(IReadOnlyCollection<IReadOnlyList<string>> pending, IReadOnlyDictionary<string, int> objects)
    {
        if (trials == 0)
        {
            return null;
        }

        double perObject = builtObjects == 0 ? FirstSecondsPerObject : buildSeconds / builtObjects;
        return TimeSpan.FromSeconds((pending.Sum(set => ObjectsOf(set, objects)) * perObject) + (pending.Count * trialSeconds / trials));
    }

    // At least one: the kernel is linked in any case.
    private static int ObjectsOf(IReadOnlyList<string> set, IReadOnlyDictionary<string, int> objects) => 1 + set.Sum(option => objects.GetValueOrDefault(option));

    private static string Describe(IReadOnlyList<string> set) => set.Count == 1 ? $"Without {set[0]}" : $"Without {set[0]} to {set[^1]} ({set.Count} options)";

    private static long SizeOf(KernelBuilder.Built kernel) => new FileInfo(kernel.Path).Length;

    /// <exception cref="LightVMException">InvalidArgument: one is not on, or the platform needs it.</exception>
    internal static IReadOnlyList<string> Choose(KernelOptions options, string config, IReadOnlyList<string>? candidates)
    {
        if (candidates is null)
        {
            return options.Candidates;
        }

        string[] names = [.. candidates.Select(c => c.StartsWith(Prefix, StringComparison.Ordinal) ? c : Prefix + c).Distinct(StringComparer.Ordinal)];
        _ = options.Without(names);
        if (names.FirstOrDefault(name => !config.Contains($"\n{name}=y\n", StringComparison.Ordinal)) is { } wrong)
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, $"The kernel of this image has no option {wrong} that is on.", wrong, "Leave -Option out to try all that may be tried.");
        }

        return names;
    }

    private static async Task<KernelOptions> ReadOptionsAsync(string directory, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, TinyxBuilder.OptionsFile);
        try
        {
            return KernelOptions.Parse(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidOperationException or UnauthorizedAccessException)
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument, $"What the kernel of {directory} is made of cannot be told: {path}: {e.Message}", directory, "Give a directory that Build-TinyxImage wrote.", e);
        }
    }
}
