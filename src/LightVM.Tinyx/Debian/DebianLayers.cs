namespace LightVM.Tinyx;

/// <summary>Debian's minimal system, and what installing packages changes in it: both made once, by Debian's own tools.</summary>
internal sealed class DebianLayers(BuildCache cache, Action<string> step)
{
    private const string BaseKind = "base";
    private const string PackagesKind = "packages";
    private const string BusyBoxKind = "busybox";
    private const string BusyBoxKey = "1";
    private const string Suite = "bookworm";
    private const UnixFileMode ReadableByAll = (UnixFileMode)0b111_101_101;
    private const int CannotBeHad = 10;
    private const int InstallFailed = 11;
    private const int BuilderGone = 130;

    /// <summary>The tree in which packages are installed.</summary>
    /// <exception cref="LightVMException">BuildFailed says what failed and why; InvalidArgument names a package that there is not.</exception>
    public async Task<LayeredTree> InstallAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        string sources = await SourcesAsync(cancellationToken).ConfigureAwait(false);
        (string key, string packagesKey, string[] names, string script) = KeysOf(sources, packages);
        string lower = await cache.GetAsync(BaseKind, key, made => MakeBaseAsync(sources, made, cancellationToken), cancellationToken).ConfigureAwait(false);
        string made = await cache.GetAsync(
            PackagesKind,
            packagesKey,
            directory => MakePackagesAsync(lower, directory, names, script, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return TreeOf(lower, made);
    }

    /// <summary>The same if it is there; null: it would have to be made.</summary>
    /// <exception cref="LightVMException">BuildFailed, FeatureMissing: this machine's package sources are not known.</exception>
    public async Task<LayeredTree?> FindAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        (string key, string packagesKey, _, _) = KeysOf(await SourcesAsync(cancellationToken).ConfigureAwait(false), packages);
        string lower = cache.PathOf(BaseKind, key), made = cache.PathOf(PackagesKind, packagesKey);
        return Directory.Exists(lower) && Directory.Exists(made) ? TreeOf(lower, made) : null;
    }

    private static (string Base, string Packages, string[] Names, string Script) KeysOf(string sources, IReadOnlyList<string> packages)
    {
        string key = BuildCache.Key("1", sources);
        string[] names = [.. packages.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string script = DataFiles.Read("install.sh");
        return (key, BuildCache.Key([key, script, .. names]), names, script);
    }

    private static LayeredTree TreeOf(string lower, string made) => new(Path.Combine(made, "upper"), Path.Combine(lower, "root"));

    /// <summary>A BusyBox that needs no library, for images that are not Debian's.</summary>
    /// <exception cref="LightVMException">BuildFailed.</exception>
    public async Task<(string File, ImagePackage Package)> BusyBoxAsync(CancellationToken cancellationToken)
    {
        string made = await cache.GetAsync(BusyBoxKind, BusyBoxKey, directory => FetchBusyBoxAsync(directory, cancellationToken), cancellationToken).ConfigureAwait(false);
        return BusyBoxIn(made);
    }

    /// <summary>The same if it is there.</summary>
    public (string File, ImagePackage Package)? FindBusyBox() => cache.PathOf(BusyBoxKind, BusyBoxKey) is var made && Directory.Exists(made) ? BusyBoxIn(made) : null;

    private static (string File, ImagePackage Package) BusyBoxIn(string made)
    {
        string[] named = Path.GetFileName(Directory.GetFiles(made, "*.deb").Single()).Split('_');
        return (Path.Combine(made, "root", "bin", "busybox"), ImagePackage.OfDebian(named[0], Uri.UnescapeDataString(named[1]), "amd64"));
    }

    private async Task FetchBusyBoxAsync(string directory, CancellationToken cancellationToken)
    {
        step("BusyBox");
        Runner.Result result = await Runner.RunAsync(
            "bash", ["-c", "cd \"$0\" && apt-get -q download busybox-static && dpkg-deb -x busybox-static_*.deb root", directory], cancellationToken).ConfigureAwait(false);
        if (result.Code != 0)
        {
            throw Failed("BusyBox cannot be fetched", "busybox-static", result, "See whether apt-get update works on this machine.");
        }
    }

    /// <summary>Has the next build take what Debian has now.</summary>
    public void Forget()
    {
        cache.Forget(BusyBoxKind);
        cache.Forget(PackagesKind);
        cache.Forget(BaseKind);
        cache.Forget(CachedImages.Kind);
    }

    /// <summary>Debian's main archive with its updates, from where this machine's apt has its own packages.</summary>
    private static async Task<string> SourcesAsync(CancellationToken cancellationToken)
    {
        Runner.Result targets = await Runner.RunAsync(
            "apt-get",
            ["indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)", "Created-By: Packages"],
            cancellationToken).ConfigureAwait(false);
        string[] lines = [.. targets.Output.Split('\n')
            .Select(line => line.Split(' '))
            .Where(f => f is ["Debian", "main", _, _] && (f[2] == Suite || f[2] is Suite + "-updates" or Suite + "-security"))
            .Select(f => $"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {f[3]} {f[2]} main")
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
        return lines.Length > 0
            ? string.Join('\n', lines) + "\n"
            : throw new LightVMException(ErrorCodes.BuildFailed, $"apt on this machine knows no package source of Debian {Suite}.", "apt", "Add one to /etc/apt/sources.list and run apt-get update.");
    }

    private async Task MakeBaseAsync(string sources, string directory, CancellationToken cancellationToken)
    {
        step("Debian's minimal system");
        DiskSpace.Require(directory, DiskSpace.ForSystem, "Debian's minimal system cannot be made", cache.Directory);
        // The lists stay: packages are chosen by them later, so that a layer of packages fits its base.
        Runner.Result result = await Runner.RunContainedAsync(
            "mmdebstrap",
            [
                "--quiet", "--mode=root", "--variant=minbase", "--format=directory", "--include=busybox", "--skip=cleanup/apt/lists",
                Suite, Path.Combine(directory, "root"), .. sources.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            ],
            cancellationToken).ConfigureAwait(false);
        if (result.Code != 0)
        {
            throw Failed("Debian's minimal system cannot be made", "mmdebstrap", result, "See whether apt-get update works on this machine, and whether its disk is full.");
        }
    }

    private async Task MakePackagesAsync(string lower, string directory, string[] packages, string script, CancellationToken cancellationToken)
    {
        string upper = Directory.CreateDirectory(Path.Combine(directory, "upper")).FullName;
        if (!OperatingSystem.IsWindows()) // what it is in the image: / itself
        {
            File.SetUnixFileMode(upper, ReadableByAll);
        }

        if (packages.Length == 0)
        {
            return;
        }

        step($"Packages {string.Join(", ", packages)}");
        DiskSpace.Require(directory, DiskSpace.ForSystem, "The packages cannot be installed", cache.Directory);
        string work = Directory.CreateDirectory(Path.Combine(directory, "overlay")).FullName;
        string target = Directory.CreateDirectory(Path.Combine(directory, "target")).FullName;
        Runner.Result result = await Runner.RunContainedAsync(
            "bash", ["-c", script, "install.sh", Path.Combine(lower, "root"), upper, work, target, .. packages], cancellationToken).ConfigureAwait(false);
        switch (result.Code)
        {
            case 0:
                Directory.Delete(target);
                BuildCache.Remove(work);
                break;
            case CannotBeHad when Problem(result, "E: Unable to locate package ", "E: Package '") is { } wrong:
                throw new LightVMException(
                    ErrorCodes.InvalidArgument, $"Debian has no package for this: {wrong}.", packages.FirstOrDefault(wrong.Contains) ?? packages[0], "Look its name up with apt-cache search; -Refresh if it is new.");
            case CannotBeHad:
                throw Failed("The packages cannot be fetched", packages[0], result, "If Debian has replaced them meanwhile, -Refresh takes what it has now; else see whether the package source is there and the disk is not full.");
            case InstallFailed:
                throw Failed("The packages cannot be installed", packages[0], result, "The script of the package that is named failed; it has no network and may start no service.");
            case BuilderGone:
                throw new OperationCanceledException(cancellationToken);
            default:
                throw Failed("The packages cannot be installed", packages[0], result, "See whether this machine may mount overlay file systems, and whether its disk is full.");
        }
    }

    private static string? Problem(Runner.Result result, params string[] beginnings) =>
        result.Errors.Split('\n').FirstOrDefault(line => beginnings.Any(b => line.StartsWith(b, StringComparison.Ordinal)))?[3..];

    private LightVMException Failed(string what, string target, Runner.Result result, string recommendation)
    {
        string[] lines = [.. result.Output.Split('\n').Concat(result.Errors.Split('\n')).Where(l => l.Length > 0)];
        if (DiskSpace.IsShort(lines, cache.Directory))
        {
            return DiskSpace.Error(what, target);
        }

        string[] telling = [.. lines.Where(l => l.StartsWith("E:", StringComparison.Ordinal) || l.Contains("error", StringComparison.OrdinalIgnoreCase))];
        string[] shown = [.. (telling.Length > 0 ? telling : lines).TakeLast(4)];
        return new LightVMException(ErrorCodes.BuildFailed, $"{what} (exit code {result.Code}): {string.Join(" | ", shown)}", target, recommendation);
    }
}
