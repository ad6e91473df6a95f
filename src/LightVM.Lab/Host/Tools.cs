using LightVM.Lab.Boot;
using LightVM.Lab.Cache;

namespace LightVM.Lab.Host;

/// <summary>The programs of this machine that the lab uses.</summary>
internal static class Tools
{
    /// <summary>Program and package. None of these packages starts a service or touches the boot menu.</summary>
    private static readonly (string Program, string Package)[] Needed =
    [
        (QemuCommandLine.Program, "qemu-system-x86"),
        ("busybox", "busybox-static"),
        ("xz", "xz-utils"),
        ("ssh", "openssh-client"),
        ("ssh-keygen", "openssh-client"),
    ];

    /// <summary>Installs those that are missing.</summary>
    public static async Task EnsureAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        var packages = Needed.Where(tool => Command.Find(tool.Program) is null).Select(tool => tool.Package).Distinct().ToArray();
        if (packages.Length > 0)
        {
            progress.Report($"installing {string.Join(", ", packages)}");
            await AptRepository.InstallAsync(packages, cancellation).ConfigureAwait(false);
        }
    }
}
