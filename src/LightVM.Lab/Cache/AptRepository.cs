using System.Text.RegularExpressions;
using LightVM.Lab.Host;

namespace LightVM.Lab.Cache;

/// <summary>The machine's package source: looks up, downloads and unpacks packages without installing them.</summary>
internal static partial class AptRepository
{
    private static readonly TimeSpan LookupLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(10);

    /// <summary>The first dependency of a meta package that matches, as what it stands for; null if the source has none.</summary>
    public static async Task<AptPackage?> ResolveAsync(string meta, Regex dependency, CancellationToken cancellation)
    {
        var depends = Fields(await ShowAsync(meta, cancellation).ConfigureAwait(false)).GetValueOrDefault("Depends", "");
        var name = dependency.Match(depends);
        if (!name.Success)
        {
            return null;
        }

        var fields = Fields(await ShowAsync(name.Value, cancellation).ConfigureAwait(false));
        return fields.TryGetValue("Version", out var version) ? new AptPackage(name.Value, version) : null;
    }

    /// <summary>Those packages, with what they need, that are not installed on this machine.</summary>
    public static async Task<IReadOnlyList<AptPackage>> MissingAsync(
        IEnumerable<string> names, CancellationToken cancellation)
    {
        // A simulation: it needs no privileges and changes nothing.
        var plan = await Command.RequireAsync(
            "apt-get",
            ["install", "--simulate", "--no-install-recommends", "--no-upgrade", "-qq", .. names],
            LookupLimit,
            cancellation).ConfigureAwait(false);
        return [.. PlannedPackage().Matches(plan).Select(m => new AptPackage(m.Groups[1].Value, m.Groups[2].Value))];
    }

    /// <summary>Installs packages of tools that the machine lacks.</summary>
    public static async Task InstallAsync(IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        string[] command = ["apt-get", "install", "-y", "--no-install-recommends", .. names];
        if (!Environment.IsPrivilegedProcess)
        {
            command = ["sudo", "-n", .. command];
        }

        var environment = new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive" };
        var result = await Command.RunAsync(command[0], command[1..], DownloadLimit, cancellation, environment)
            .ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            await UpdateAsync(cancellation).ConfigureAwait(false);
            await Command.RequireAsync(command[0], command[1..], DownloadLimit, cancellation, environment)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Downloads packages and unpacks them, one over the other, into a directory.</summary>
    public static async Task UnpackAsync(
        IReadOnlyCollection<AptPackage> packages, string directory, CancellationToken cancellation)
    {
        var downloads = Directory.CreateDirectory(directory + ".deb").FullName;
        string[] arguments = ["download", "-q", .. packages.Select(p => $"{p.Name}={p.Version}")];
        var result = await Command.RunAsync("apt-get", arguments, DownloadLimit, cancellation, directory: downloads)
            .ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            // Package lists older than the mirror name files that are gone.
            await UpdateAsync(cancellation).ConfigureAwait(false);
            await Command.RequireAsync("apt-get", arguments, DownloadLimit, cancellation, directory: downloads)
                .ConfigureAwait(false);
        }

        foreach (var file in Directory.EnumerateFiles(downloads, "*.deb"))
        {
            await Command.RequireAsync("dpkg-deb", ["-x", file, directory], DownloadLimit, cancellation)
                .ConfigureAwait(false);
        }

        Directory.Delete(downloads, recursive: true);
    }

    private static async Task UpdateAsync(CancellationToken cancellation)
    {
        string[] command = ["apt-get", "update", "-q"];
        if (!Environment.IsPrivilegedProcess)
        {
            command = ["sudo", "-n", .. command];
        }

        await Command.RequireAsync(command[0], command[1..], DownloadLimit, cancellation).ConfigureAwait(false);
    }

    private static async Task<string> ShowAsync(string name, CancellationToken cancellation)
    {
        string[] arguments = ["show", "--no-all-versions", name];
        var result = await Command.RunAsync("apt-cache", arguments, LookupLimit, cancellation).ConfigureAwait(false);
        if (result.ExitCode == 0)
        {
            return result.Output;
        }

        // A fresh container has no package lists at all.
        await UpdateAsync(cancellation).ConfigureAwait(false);
        return await Command.RequireAsync("apt-cache", arguments, LookupLimit, cancellation).ConfigureAwait(false);
    }

    private static Dictionary<string, string> Fields(string record) =>
        record.Split('\n')
            .Where(line => line.Length > 0 && line[0] != ' ' && line.Contains(": ", StringComparison.Ordinal))
            .Select(line => line.Split(": ", 2))
            .DistinctBy(field => field[0])
            .ToDictionary(field => field[0], field => field[1]);

    [GeneratedRegex(@"^Inst (\S+) (?:\[\S+\] )?\((\S+) ", RegexOptions.Multiline)]
    private static partial Regex PlannedPackage();
}
