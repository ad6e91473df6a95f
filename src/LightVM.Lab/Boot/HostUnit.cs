using System.Security.Cryptography;
using System.Text;

namespace LightVM.Lab.Boot;

/// <summary>A unit of the host package that is to be enabled.</summary>
/// <param name="Name">Its file's name.</param>
/// <param name="WantedBy">The targets that start it.</param>
internal sealed record HostUnit(string Name, IReadOnlyList<string> WantedBy)
{
    /// <summary>The units of a staged package (usr/lib/systemd/system) with an [Install] section; none if there is no package.</summary>
    public static IReadOnlyList<HostUnit> In(string package)
    {
        var directory = Path.Combine(package, "usr", "lib", "systemd", "system");
        return !Directory.Exists(directory)
            ? []
            : [.. Directory.EnumerateFiles(directory)
                .Order(StringComparer.Ordinal)
                .Where(path => !Path.GetFileName(path).Contains('@', StringComparison.Ordinal))
                .Select(path => new HostUnit(Path.GetFileName(path), ParseWantedBy(File.ReadLines(path))))
                .Where(unit => unit.WantedBy.Count > 0)];
    }

    /// <summary>A short text that changes when a file of the package does; null if there is no package.</summary>
    public static string? Fingerprint(string package)
    {
        if (!Directory.Exists(package))
        {
            return null;
        }

        var files = new DirectoryInfo(package).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")
            .Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files))))[..16];
    }

    internal static IReadOnlyList<string> ParseWantedBy(IEnumerable<string> lines) =>
        [.. lines
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[0].Trim() == "WantedBy")
            .SelectMany(pair => pair[1].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
