using System.Text.RegularExpressions;

namespace LightVM.Lab;

/// <summary>What kind of lab to boot. A lab that already runs keeps its own sizes.</summary>
/// <param name="Root">The checkout: the directory that holds LightVM.PowerShell.sln. Its out/ is shared with dom0.</param>
public sealed partial record LabOptions(string Root)
{
    /// <summary>The name of a checkout's usual lab.</summary>
    public const string DefaultName = "default";

    /// <summary>The lab that the usual one is joined to.</summary>
    public const string SecondName = "second";

    /// <summary>The lab's name, unique in the checkout: at most 32 lower-case letters, digits and hyphens.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>The Xen host's memory in bytes. It is taken from the machine only as it is touched.</summary>
    public long MemoryBytes { get; init; } = 4L << 30;

    /// <summary>dom0's memory in bytes; null gives dom0 all of it, as a default Debian host does.</summary>
    public long? Dom0MemoryBytes { get; init; } = 1536L << 20;

    /// <summary>The Xen host's processors. Null: one where it is emulated, else two at most.</summary>
    public int? Cpus { get; init; }

    /// <summary>
    /// The name of the checkout's lab at the other end of this one's eth1. Null: the usual one, whose own leads to
    /// <see cref="SecondName"/>. A wire joins two labs that name each other.
    /// </summary>
    public string? Wire { get; init; }

    internal string WireTo => Wire ?? (Name == DefaultName ? SecondName : DefaultName);

    /// <summary>How long to wait for dom0's sshd under emulation.</summary>
    public TimeSpan BootTimeout { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>How long to wait, after that, for the host package's daemon.</summary>
    public TimeSpan HostTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether to install the host package where out/host holds one.</summary>
    public bool InstallHost { get; init; } = true;

    /// <summary>Throws a <see cref="LabException"/> that names the first value out of range.</summary>
    internal void Validate()
    {
        if (!File.Exists(Path.Combine(Root, LabPaths.SolutionFile)))
        {
            throw new LabException(
                $"'{Root}' is no checkout of LightVM: it holds no {LabPaths.SolutionFile}. Run this inside one, or name it with --root.");
        }

        ValidateName(Name);
        ValidateName(WireTo);
        if (WireTo == Name)
        {
            throw new LabException($"The wire of the lab '{Name}' cannot lead to itself: name another lab.");
        }

        if (MemoryBytes < 2L << 30)
        {
            throw new LabException($"A lab of {MemoryBytes >> 20} MB is too small: Xen, dom0 and guests need at least 2 GB.");
        }

        if (Dom0MemoryBytes is { } dom0 && (dom0 < 512L << 20 || dom0 > MemoryBytes - (256L << 20)))
        {
            throw new LabException(
                $"dom0 cannot have {dom0 >> 20} MB of {MemoryBytes >> 20} MB: give it at least 512 MB and leave 256 MB.");
        }

        if (Cpus is < 1 or > 64)
        {
            throw new LabException($"A lab cannot have {Cpus} processors: 1 to 64.");
        }
    }

    internal static void ValidateName(string name)
    {
        if (!NamePattern().IsMatch(name))
        {
            throw new LabException(
                $"'{name}' cannot be a lab's name: use at most 32 lower-case letters, digits and hyphens.");
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\z")]
    private static partial Regex NamePattern();
}
