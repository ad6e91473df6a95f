using System.Runtime.InteropServices;

namespace LightVM.Tinyx;

/// <summary>What the builder needs of the machine that it runs on.</summary>
internal static partial class Tools
{
    // A program, and the package that has it.
    private static readonly (string Program, string Package)[] ForRootFileSystem =
    [
        ("mmdebstrap", "mmdebstrap"), ("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("unshare", "util-linux"), ("mount", "mount"), ("zstd", "zstd"), ("bash", "bash"),
    ];

    private static readonly (string Program, string Package)[] ForKernel =
    [
        ("make", "make"), ("gcc", "gcc"), ("ld", "binutils"), ("flex", "flex"), ("bison", "bison"), ("bc", "bc"), ("xz", "xz-utils"), ("tar", "tar"), ("perl", "perl"), ("patch", "patch"), ("ccache", "ccache"),
        ("/usr/include/libelf.h", "libelf-dev"),
    ];

    /// <exception cref="LightVMException">FeatureMissing: it says what is missing, and the command that installs it.</exception>
    public static void CheckRootFileSystem()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64 || !File.ReadAllText("/etc/os-release").Contains("VERSION_CODENAME=bookworm", StringComparison.Ordinal))
        {
            throw new LightVMException(ErrorCodes.FeatureMissing, "Tinyx images are built of Debian 12's packages, on Debian 12 for x86-64.", "Debian", "Run it on such a machine; the image itself goes to any host.");
        }

        Check(ForRootFileSystem);
        if (UserId() != 0)
        {
            throw new LightVMException(
                ErrorCodes.AccessDenied,
                "Building an image installs packages into a root file system of its own: that takes root.",
                null,
                "Run PowerShell as root (sudo).");
        }
    }

    /// <inheritdoc cref="CheckRootFileSystem"/>
    public static void CheckKernel() => Check(ForKernel);

    private static void Check((string Program, string Package)[] needed)
    {
        string[] missing = [.. needed.Where(n => Runner.TryFind(n.Program) is null).Select(n => n.Package).Distinct()];
        if (missing.Length > 0)
        {
            throw new LightVMException(
                ErrorCodes.FeatureMissing,
                $"Building an image takes the packages {string.Join(", ", missing)}, which are not installed.",
                missing[0],
                $"Install them: apt-get install -y --no-install-recommends {string.Join(' ', missing)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserId();
}
