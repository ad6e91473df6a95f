namespace LightVM.Tinyx;

/// <summary>Whether a program failed for want of space: few say so in the same words, and some not at all.</summary>
internal static class DiskSpace
{
    /// <summary>What Debian's minimal system takes while it is made; a layer of packages seldom more.</summary>
    public const long ForSystem = 400L << 20;

    /// <summary>What a kernel's source takes, and its objects.</summary>
    public const long ForKernel = 1500L << 20;

    private const long Little = 64L << 20;

    private static readonly string[] Words = ["No space left on device", "enough free space"];

    /// <param name="said">What the program said.</param>
    /// <param name="directory">Where it wrote to; what it wrote is still there.</param>
    public static bool IsShort(IEnumerable<string> said, string directory) =>
        said.Any(line => Words.Any(w => line.Contains(w, StringComparison.Ordinal))) || new DriveInfo(directory).AvailableFreeSpace < Little;

    /// <summary>Before something large: apt, for one, does not end when it meets a full disk.</summary>
    /// <exception cref="LightVMException">DiskFull.</exception>
    public static void Require(string directory, long bytes, string what, string target)
    {
        if (new DriveInfo(directory).AvailableFreeSpace < bytes)
        {
            throw Error(what, target);
        }
    }

    public static LightVMException Error(string what, string target) => new(
        ErrorCodes.DiskFull, $"{what}: there is no space left on the disk.", target, "Free some (Debian's minimal system takes 250 MB, a kernel 1 GB), or put the cache elsewhere: XDG_CACHE_HOME.");
}
