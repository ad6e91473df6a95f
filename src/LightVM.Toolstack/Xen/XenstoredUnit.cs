namespace LightVM.Toolstack;

/// <summary>
/// Whether an xenstored is going to start on this host: it cannot while somebody else holds VIRQ_DOM_EXC. By systemd's files
/// alone, as asking systemctl takes longer than all else at the daemon's start.
/// </summary>
internal static class XenstoredUnit
{
    /// <summary>xen.service is Debian's: an init script that starts xenstored.</summary>
    private static readonly string[] Units = ["xenstored.service", "xen.service"];

    public static bool IsExpected(string root = "/") =>
        Units.Any(unit => !IsMasked(root, unit) && IsWanted(root, unit));

    private static bool IsWanted(string root, string unit)
    {
        string[] places = ["etc/systemd/system", "run/systemd/generator", "run/systemd/generator.late"];
        return places.Select(place => Path.Combine(root, place))
            .Where(Directory.Exists)
            .SelectMany(place => Directory.EnumerateDirectories(place, "*.wants"))
            .Any(wants => Exists(Path.Combine(wants, unit)));
    }

    private static bool IsMasked(string root, string unit)
    {
        string[] places = ["etc/systemd/system", "run/systemd/system", "run/systemd/generator.early"];
        return places.Any(place => new FileInfo(Path.Combine(root, place, unit)).LinkTarget == "/dev/null");
    }

    /// <summary>Also a link that points nowhere.</summary>
    private static bool Exists(string path) => File.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
