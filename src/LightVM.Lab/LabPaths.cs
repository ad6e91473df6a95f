using System.Security.Cryptography;
using System.Text;

namespace LightVM.Lab;

/// <summary>Where a lab's files lie.</summary>
internal sealed class LabPaths
{
    public const string SolutionFile = "LightVM.PowerShell.sln";

    public LabPaths(string root, string name)
    {
        LabOptions.ValidateName(name);
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        Name = name;
        Out = Path.Combine(Root, "out");
        Directory = Path.Combine(Out, "lab", name);
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Root}\0{name}")))[..12];
    }

    public string Root { get; }

    public string Name { get; }

    public string Out { get; }

    /// <summary>The lab's own directory, out/lab/NAME.</summary>
    public string Directory { get; }

    /// <summary>Twelve hexadecimal digits that stand for this lab of this checkout on this machine.</summary>
    public string Id { get; }

    public string HostPackage => Path.Combine(Out, "host");

    public string StateFile => Path.Combine(Directory, "state.json");

    public string LockFile => Path.Combine(Directory, "lock");

    public string SshConfig => Path.Combine(Directory, "ssh_config");

    public string Identity => Path.Combine(Directory, "id_ed25519");

    public string HostKey => Path.Combine(Directory, "host_ed25519");

    public string KnownHosts => Path.Combine(Directory, "known_hosts");

    public string Initramfs => Path.Combine(Directory, "initramfs.cpio");

    public string SerialLog => Path.Combine(Directory, "serial.log");

    public string QemuLog => Path.Combine(Directory, "qemu.log");

    /// <summary>The directory that holds <see cref="SolutionFile"/>, from <paramref name="start"/> upward; null if none does.</summary>
    public static string? FindRoot(string start)
    {
        for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, SolutionFile)))
            {
                return directory.FullName;
            }
        }

        return null;
    }
}
