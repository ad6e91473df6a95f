using System.Globalization;
using System.Text.RegularExpressions;

namespace LightVM.Tinyx;

/// <summary>
/// Builds kernels of Debian's source. Source and build directory stay where they are, since compilers are told paths; one build at a
/// time uses them. A finished kernel is kept by its options and the source's version.
/// </summary>
internal sealed partial class KernelBuilder(BuildCache cache, Action<string> step)
{
    public const string SourcePackage = "linux-source-6.1";

    private const string Kind = "kernel";
    private const string Image = "vmlinuz";
    private const string Config = "config";
    private const string Memory = "memory";
    private const string Objects = "objects";
    private const string Unfinished = "unfinished";

    // Never compiled for a guest on x86-64; without them the source takes half the room. Kconfig and make want the rest of those trees.
    private static readonly string[] NotUnpacked =
    [
        "*/Documentation/*.rst", "*/Documentation/*.txt", "*/Documentation/*.yaml", "*/drivers/gpu/*.[ch]", "*/drivers/net/ethernet/*.[ch]",
        "*/drivers/net/wireless/*.[ch]", "*/drivers/media/*.[ch]", "*/drivers/staging/*.[ch]", "*/drivers/scsi/*.[ch]", "*/drivers/infiniband/*.[ch]",
        "*/drivers/usb/*.[ch]", "*/sound/*.[ch]", "*/tools/testing/*", "*/tools/perf/*",
    ];

    /// <summary>All that is changed in the source: native/linux.</summary>
    private static string Patches { get; } = string.Concat(DataFiles.List("patches").Select(DataFiles.Read));

    /// <summary>Files of ours that come into the source beside that: where to, and what is in them.</summary>
    private static IReadOnlyList<(string Path, string Text)> Sources { get; } =
    [
        .. DataFiles.List(SourceFolder).Select(name => (Path: $"drivers/xen/xenbus/{name[(SourceFolder.Length + 1)..]}", Text: DataFiles.Read(name))),
    ];

    private const string SourceFolder = "linux-xenbus";

    /// <summary>What the source is made of beside Debian's.</summary>
    internal static string Changes { get; } = BuildCache.Key([Patches, .. Sources.Select(file => file.Path + file.Text)]);

    /// <summary>A kernel that was built.</summary>
    /// <param name="Path">The bzImage.</param>
    /// <param name="Version">The source's.</param>
    internal sealed record Built(string Path, string Version)
    {
        /// <summary>Bytes of memory that its image takes when it starts, unpacked.</summary>
        public long MemorySize => long.Parse(File.ReadAllText(Beside(Memory)), CultureInfo.InvariantCulture);

        /// <summary>All that is set: the finished .config.</summary>
        public string ReadConfig() => File.ReadAllText(Beside(Config));

        /// <summary>How many objects name each option.</summary>
        public IReadOnlyDictionary<string, int> ReadObjects() => OptionObjects.Read(File.ReadAllText(Beside(Objects)));

        private string Beside(string name) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name);
    }

    /// <summary>The kernel of some options, built if nobody has yet: minutes, the first time.</summary>
    /// <exception cref="LightVMException">BuildFailed, FeatureMissing.</exception>
    public async Task<Built> BuildAsync(KernelOptions options, CancellationToken cancellationToken)
    {
        string version = await SourceVersionAsync(cancellationToken).ConfigureAwait(false);
        string directory = await cache.GetAsync(
            Kind + "s",
            BuildCache.Key("3", version, Changes, options.ToConfig()),
            made => MakeAsync(options, version, made, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return new Built(Path.Combine(directory, Image), version);
    }

    /// <summary>The version whose source is here; if none is, the newest that apt knows.</summary>
    public async Task<string> SourceVersionAsync(CancellationToken cancellationToken)
    {
        string stamp = Path.Combine(cache.Directory, Kind, "source", ".debian-version");
        if (File.Exists(stamp))
        {
            return await File.ReadAllTextAsync(stamp, cancellationToken).ConfigureAwait(false);
        }

        Runner.Result result = await Runner.RunAsync("apt-cache", ["show", "--no-all-versions", SourcePackage], cancellationToken).ConfigureAwait(false);
        Match version = VersionLine().Match(result.Output);
        return version.Success
            ? version.Groups[1].Value
            : throw new LightVMException(ErrorCodes.BuildFailed, $"apt knows no package {SourcePackage}.", SourcePackage, "Run apt-get update; the package is in Debian's main archive.");
    }

    private async Task MakeAsync(KernelOptions options, string version, string made, CancellationToken cancellationToken)
    {
        Tools.CheckKernel();
        string home = Directory.CreateDirectory(Path.Combine(cache.Directory, Kind)).FullName;
        using FileStream turn = await cache.LockAsync(Kind, cancellationToken).ConfigureAwait(false);
        string source = await SourceAsync(home, version, cancellationToken).ConfigureAwait(false);
        string build = Path.Combine(home, "build");
        string unfinished = Path.Combine(build, Unfinished);
        if (File.Exists(unfinished))
        {
            Directory.Delete(build, recursive: true); // killed in the middle: some object may be half of one. ccache has the others
        }

        Directory.CreateDirectory(build);
        await File.WriteAllTextAsync(unfinished, "", cancellationToken).ConfigureAwait(false);
        try
        {
            await CompileAsync(options, source, build, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException)
        {
            File.Delete(unfinished); // make ended by itself: what it had not finished it has removed
            throw;
        }

        File.Copy(Path.Combine(build, "arch/x86/boot/bzImage"), Path.Combine(made, Image));
        File.Copy(Path.Combine(build, ".config"), Path.Combine(made, Config));
        using (FileStream elf = File.OpenRead(Path.Combine(build, "vmlinux")))
        {
            long memory = ElfFile.Read(elf)?.MemorySize ?? throw new LightVMException(ErrorCodes.BuildFailed, "The kernel that was built is no ELF file.", build, "Delete that directory and build again.");
            await File.WriteAllTextAsync(Path.Combine(made, Memory), memory.ToString(CultureInfo.InvariantCulture), cancellationToken).ConfigureAwait(false);
        }

        await File.WriteAllTextAsync(Path.Combine(made, Objects), OptionObjects.Write(OptionObjects.Count(build)), cancellationToken).ConfigureAwait(false);
        File.Delete(unfinished);
    }

    private async Task CompileAsync(KernelOptions options, string source, string build, CancellationToken cancellationToken)
    {
        string wanted = Path.Combine(build, "tinyx.config");
        await File.WriteAllTextAsync(wanted, options.ToConfig(), cancellationToken).ConfigureAwait(false);
        await RunMakeAsync(source, build, ["allnoconfig"], wanted, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> unmet = options.Unmet(await File.ReadAllTextAsync(Path.Combine(build, ".config"), cancellationToken).ConfigureAwait(false));
        if (unmet.Count > 0)
        {
            throw new LightVMException(
                ErrorCodes.BuildFailed, $"The kernel's configuration has not got what was asked for: {string.Join(", ", unmet)}.", unmet[0], "Something that these depend on is missing in the fragments.");
        }

        step("The kernel");
        await RunMakeAsync(source, build, [$"-j{Environment.ProcessorCount}", "bzImage"], wanted, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> SourceAsync(string home, string version, CancellationToken cancellationToken)
    {
        string source = Path.Combine(home, "source");
        string patched = Path.Combine(source, ".tinyx-patches");
        if (File.Exists(patched) && await File.ReadAllTextAsync(patched, cancellationToken).ConfigureAwait(false) == Changes)
        {
            return source;
        }

        step("The kernel's source");
        BuildCache.Remove(source);
        BuildCache.Remove(Path.Combine(home, "build")); // its objects are of another source, whose files need not be older
        DiskSpace.Require(home, DiskSpace.ForKernel, "The kernel's source cannot be unpacked", cache.Directory);
        string work = cache.MakeWorkDirectory();
        try
        {
            await MustAsync("The kernel's source cannot be fetched", "bash", ["-c", "cd \"$0\" && apt-get -q download \"$1\"", work, $"{SourcePackage}={version}"], null, cancellationToken).ConfigureAwait(false);
            string package = Directory.GetFiles(work, "*.deb").Single();
            string unpacked = Directory.CreateDirectory(Path.Combine(work, "source")).FullName;
            await MustAsync(
                "The kernel's source cannot be unpacked",
                "bash",
                [
                    "-c",
                    "set -o pipefail; dpkg-deb --fsys-tarfile \"$0\" | tar -xO \"./usr/src/$1.tar.xz\" | xz -dc | tar -x -C \"$2\" --no-same-owner --strip-components=1 --wildcards \"${@:3}\"",
                    package, SourcePackage, unpacked, .. NotUnpacked.Select(p => "--exclude=" + p),
                ],
                null,
                cancellationToken).ConfigureAwait(false);
            Runner.Result result = await Runner.RunAsync("patch", ["-s", "-p1", "-d", unpacked], cancellationToken, Patches).ConfigureAwait(false);
            if (result.Code != 0)
            {
                throw new LightVMException(
                    ErrorCodes.BuildFailed, $"Our changes do not fit {SourcePackage} {version}: {result.Output.Trim()}", SourcePackage, "A newer LightVM may have ones that do.");
            }

            foreach ((string path, string text) in Sources)
            {
                await File.WriteAllTextAsync(Path.Combine(unpacked, path), text, cancellationToken).ConfigureAwait(false);
            }

            await File.WriteAllTextAsync(Path.Combine(unpacked, ".debian-version"), version, cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(unpacked, ".tinyx-patches"), Changes, cancellationToken).ConfigureAwait(false);
            Directory.Move(unpacked, source);
            return source;
        }
        finally
        {
            BuildCache.Remove(work);
        }
    }

    // Who builds it, when, and for how many times is not part of it; paths are the same each time.
    private Task RunMakeAsync(string source, string build, string[] targets, string config, CancellationToken cancellationToken) => MustAsync(
        "The kernel cannot be built",
        "make",
        ["-s", "-C", source, $"O={build}", "CC=ccache gcc", "HOSTCC=gcc", .. targets],
        new Dictionary<string, string>
        {
            ["KCONFIG_ALLCONFIG"] = config,
            ["KBUILD_BUILD_TIMESTAMP"] = "Sat Jun 10 00:00:00 UTC 2023",
            ["KBUILD_BUILD_USER"] = "tinyx",
            ["KBUILD_BUILD_HOST"] = "lightvm",
            ["KBUILD_BUILD_VERSION"] = "1",
            ["CCACHE_DIR"] = Path.Combine(cache.Directory, "ccache"),
            ["CCACHE_MAXSIZE"] = "2G",
            ["CCACHE_DEPEND"] = "1", // does not preprocess first what it will have to compile
        },
        cancellationToken);

    private async Task MustAsync(string what, string program, string[] arguments, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        Runner.Result result = await Runner.RunContainedAsync(program, arguments, cancellationToken, environment).ConfigureAwait(false);
        if (result.Code == 0)
        {
            return;
        }

        string[] lines = [.. result.Errors.Split('\n').Where(l => l.Length > 0)];
        if (DiskSpace.IsShort(lines, cache.Directory))
        {
            throw DiskSpace.Error(what, program);
        }

        string[] telling = [.. lines.Where(l => l.StartsWith("E:", StringComparison.Ordinal) || l.Contains("error", StringComparison.OrdinalIgnoreCase))];
        throw new LightVMException(
            ErrorCodes.BuildFailed, $"{what} ({program}, exit code {result.Code}): {string.Join(" | ", (telling.Length > 0 ? telling : lines).Take(4))}", program, "See what it says; the cache is still good.");
    }

    [GeneratedRegex(@"^Version: (\S+)", RegexOptions.Multiline)]
    private static partial Regex VersionLine();
}
