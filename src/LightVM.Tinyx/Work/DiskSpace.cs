namespace LightVM.Tinyx;

/// <summary>Whether a program failed for want of space: few say so in the same words, and some not at all.</summary>
internal static class DiskSpace
{
    private const long Little = 64L << 20;

    private static readonly string[] Words = ["No space left on device", "enough free space"];

    /// <param name="said">What the program said.</param>
    /// <param name="directory">Where it wrote to; what it wrote is still there.</param>
    public static bool IsShort(IEnumerable<string> said, string directory) =>
        said.Any(line => Words.Any(w => line.Contains(w, StringComparison.Ordinal))) || new DriveInfo(directory).AvailableFreeSpace < Little;

    public static LightVMException Error(string what, string target) => new(
        ErrorCodes.DiskFull, $"{what}: there is no space left on the disk.", target, "Free some (Debian's minimal system takes 250 MB, a kernel 1 GB), or put the cache elsewhere: XDG_CACHE_HOME.");
}
