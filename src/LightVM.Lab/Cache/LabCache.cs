using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LightVM.Lab.Boot;
using LightVM.Lab.Host;

namespace LightVM.Lab.Cache;

/// <summary>
/// What labs boot from, unpacked once per user and shared by all checkouts: the hypervisor, dom0's kernel, and what dom0
/// needs and the machine has not. None of it is installed, as that would change the machine's boot menu or services.
/// An entry appears in one step (rename), complete or not at all, and never changes.
/// </summary>
internal sealed partial class LabCache
{
    /// <summary>What dom0 runs. Installing these would start or enable services on a person's machine.</summary>
    private static readonly string[] Dom0Packages =
    [
        "systemd", "kmod", "openssh-server", "iproute2", "nftables", "dnsmasq-base", "perl-base", "procps", "curl",
        "crun", "runc", // beside the classic toolstack's xen-utils, the peers that the bench compares with
    ];

    /// <summary>Of an unpacked kernel: 2 has it, packed and unpacked, with its modules, where dom0 sees it too.</summary>
    private const string Layout = "2";

    private readonly string _directory;
    private readonly IProgress<string> _progress;

    public LabCache(string directory, IProgress<string> progress)
    {
        _directory = directory;
        _progress = progress;
    }

    /// <summary>${XDG_CACHE_HOME:-~/.cache}/lightvm/lab.</summary>
    public static string DefaultDirectory
    {
        get
        {
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
            {
                cache = Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
                    ".cache");
            }

            return Path.Combine(cache, "lightvm", "lab");
        }
    }

    /// <summary>Everything that a boot needs, fetched where it is missing.</summary>
    public async Task<LabImages> GetAsync(CancellationToken cancellation)
    {
        // Asking apt takes two seconds; while its lists and the installed packages are the same, so is the answer.
        var known = Path.Combine(_directory, $"images-{PackagesFingerprint()}.json");
        if (Read(known) is { } images)
        {
            return images;
        }

        images = await FindAsync(cancellation).ConfigureAwait(false);
        var next = $"{known}.{Environment.ProcessId}";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(images, LabJson.Default.LabImages));
        File.Move(next, known, overwrite: true);
        return images;
    }

    private static LabImages? Read(string path)
    {
        try
        {
            var images = JsonSerializer.Deserialize(File.ReadAllBytes(path), LabJson.Default.LabImages);
            return images is not null && File.Exists(images.Xen) && File.Exists(images.Linux)
                && Directory.Exists(images.Modules) && (images.Layer is null || Directory.Exists(images.Layer))
                ? images
                : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A short text that changes with this class's own list, apt's lists and the installed packages.</summary>
    private static string PackagesFingerprint()
    {
        string[] watched =
        [
            "/var/lib/dpkg/status", "/var/lib/apt/lists", "/var/lib/apt/lists/partial",
            "/etc/apt/sources.list", "/etc/apt/sources.list.d",
        ];
        return Hash(string.Join('\n', watched.Select(path => $"{path} {File.GetLastWriteTimeUtc(path).Ticks}").Concat(Dom0Packages).Append(Layout)));
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    private async Task<LabImages> FindAsync(CancellationToken cancellation)
    {
        var xen = await ResolveAsync("xen-system-amd64", XenPackage(), cancellation).ConfigureAwait(false);
        var utils = xen.Name.Replace("-hypervisor-", "-utils-", StringComparison.Ordinal).Replace("-amd64", "", StringComparison.Ordinal);
        var layer = await GetLayerAsync([.. Dom0Packages, utils], cancellation).ConfigureAwait(false);
        var linux = await ResolveAsync("linux-image-amd64", LinuxPackage(), cancellation).ConfigureAwait(false);
        var xenEntry = await EntryAsync($"{xen.Name}_{xen.Version}", [xen], UnpackXenAsync, cancellation).ConfigureAwait(false);
        var linuxEntry = await EntryAsync(
            $"{linux.Name}_{linux.Version}_{Layout}",
            [linux],
            (unpacked, entry, token) => UnpackLinuxAsync(unpacked, entry, layer, token),
            cancellation).ConfigureAwait(false);
        var modules = Directory.GetDirectories(Path.Combine(linuxEntry, "lib", "modules")).Single();
        return new LabImages(
            Path.Combine(xenEntry, "xen"), Path.Combine(modules, "vmlinux"), modules, Path.GetFileName(modules), layer);
    }

    private static async Task<AptPackage> ResolveAsync(string meta, Regex dependency, CancellationToken cancellation) =>
        await AptRepository.ResolveAsync(meta, dependency, cancellation).ConfigureAwait(false)
        ?? throw new LabException(
            $"The package source has no {meta}, from which the lab's boot files come. "
            + "The lab needs Debian or a distribution made from it: see /etc/apt/sources.list, then apt-get update.");

    private static Task UnpackXenAsync(string unpacked, string entry, CancellationToken cancellation)
    {
        var boot = Path.Combine(unpacked, "boot");
        var image = Directory.EnumerateFiles(boot, "xen-*.gz").SingleOrDefault()
            ?? throw new LabException($"The hypervisor's package holds no boot/xen-*.gz (in {unpacked}).");
        KernelImage.UnpackXen(image, Path.Combine(entry, "xen"));
        return Task.CompletedTask;
    }

    private static async Task UnpackLinuxAsync(
        string unpacked, string entry, string? layer, CancellationToken cancellation)
    {
        var image = Directory.EnumerateFiles(Path.Combine(unpacked, "boot"), "vmlinuz-*").Single();
        var library = Path.Combine(unpacked, "lib");
        Directory.CreateDirectory(Path.Combine(entry, "lib"));
        Directory.Move(
            Path.Combine(Directory.Exists(Path.Combine(library, "modules")) ? library : Path.Combine(unpacked, "usr", "lib"), "modules"),
            Path.Combine(entry, "lib", "modules"));
        var modules = Directory.GetDirectories(Path.Combine(entry, "lib", "modules")).Single();
        var version = Path.GetFileName(modules);
        await KernelImage.UnpackLinuxAsync(image, Path.Combine(modules, "vmlinux"), cancellation).ConfigureAwait(false);
        File.Move(image, Path.Combine(modules, "vmlinuz"));

        // kmod is one program of many names; unpacked, it may need its library beside it.
        var kmod = Command.Find("kmod") ?? Path.Combine(layer ?? "/", "usr", "bin", "kmod");
        await Command.RequireAsync(
            "bash",
            ["-c", "exec -a depmod \"$0\" \"$@\"", kmod, "-b", entry, version],
            TimeSpan.FromMinutes(2),
            cancellation,
            layer is null ? null : LibraryPath(layer)).ConfigureAwait(false);
    }

    private static Dictionary<string, string> LibraryPath(string layer) => new()
    {
        ["LD_LIBRARY_PATH"] = $"{layer}/usr/lib/x86_64-linux-gnu:{layer}/usr/lib",
    };

    private async Task<string?> GetLayerAsync(string[] needed, CancellationToken cancellation)
    {
        // dpkg's own answer is much quicker than apt's plan, which is needed only if something is missing.
        var installed = await Command.RunAsync(
            "dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\n", .. needed], TimeSpan.FromSeconds(30), cancellation)
            .ConfigureAwait(false);
        var present = installed.Output.Split('\n');
        var missing = needed.Where(name => !present.Contains($"{name} installed")).ToArray();
        if (missing.Length == 0)
        {
            return null;
        }

        var packages = await AptRepository.MissingAsync(missing, cancellation).ConfigureAwait(false);
        var list = string.Join('\n', packages.Select(p => $"{p.Name} {p.Version}").Order(StringComparer.Ordinal));
        return await EntryAsync($"dom0_{Hash(list)}", packages, MoveToMergedUsrAsync, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Over the machine's root, a directory /bin would hide the link /bin to usr/bin: what is packaged there moves to /usr.
    /// </summary>
    private static async Task MoveToMergedUsrAsync(string unpacked, string entry, CancellationToken cancellation)
    {
        foreach (var directory in Directory.GetDirectories(unpacked).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(directory);
            var target = name is "bin" or "sbin" || name.StartsWith("lib", StringComparison.Ordinal)
                ? Path.Combine(entry, "usr", name)
                : Path.Combine(entry, name);
            Directory.CreateDirectory(target);
            await Command.RequireAsync("cp", ["-a", directory + "/.", target], TimeSpan.FromMinutes(2), cancellation)
                .ConfigureAwait(false);
        }
    }

    private async Task<string> EntryAsync(
        string name,
        IReadOnlyCollection<AptPackage> packages,
        Func<string, string, CancellationToken, Task> make,
        CancellationToken cancellation)
    {
        var entry = Path.Combine(_directory, name);
        if (Directory.Exists(entry))
        {
            return entry;
        }

        using var held = await FileLock.AcquireAsync(
            Path.Combine(_directory, ".lock"),
            TimeSpan.FromMinutes(15),
            () => _progress.Report("waiting for another process that fills the cache"),
            cancellation).ConfigureAwait(false);
        if (Directory.Exists(entry))
        {
            return entry;
        }

        // Under the lock nobody else works here: what lies about is of a process that was killed.
        foreach (var rest in Directory.GetDirectories(_directory, ".new-*"))
        {
            Directory.Delete(rest, recursive: true);
        }

        _progress.Report($"fetching {string.Join(", ", packages.Select(p => $"{p.Name} {p.Version}"))}");
        var work = Directory.CreateDirectory(Path.Combine(_directory, ".new-" + name)).FullName;
        var unpacked = Directory.CreateDirectory(Path.Combine(work, "unpacked")).FullName;
        var made = Directory.CreateDirectory(Path.Combine(work, "made")).FullName;
        await AptRepository.UnpackAsync(packages, unpacked, cancellation).ConfigureAwait(false);
        await make(unpacked, made, cancellation).ConfigureAwait(false);
        Directory.Move(made, entry);
        Directory.Delete(work, recursive: true);
        return entry;
    }

    [GeneratedRegex(@"\bxen-hypervisor-\d[\d.]*-amd64\b")]
    private static partial Regex XenPackage();

    [GeneratedRegex(@"\blinux-image-\d\S*-amd64\b")]
    private static partial Regex LinuxPackage();
}
