using System.Globalization;
using LightVM.Lab.Cache;

namespace LightVM.Lab.Boot;

/// <summary>The arguments that boot a lab.</summary>
internal sealed record QemuCommandLine
{
    public const string Program = "qemu-system-x86_64";

    /// <summary>Begins the name of every lab's virtual machine, so that labs can be counted.</summary>
    public const string NamePrefix = "lightvm-lab-";

    public required string Id { get; init; }

    public required LabAccelerator Accelerator { get; init; }

    public required int Cpus { get; init; }

    public required long MemoryBytes { get; init; }

    public required long? Dom0MemoryBytes { get; init; }

    public required int SshPort { get; init; }

    /// <summary>The wire to another lab of the checkout.</summary>
    public required LabWire Wire { get; init; }

    /// <summary>A directory whose name has no blank and no comma, with links to the boot files.</summary>
    public required BootFiles Files { get; init; }

    public required LabImages Images { get; init; }

    /// <summary>Shared with dom0 without a cache, read-only.</summary>
    public required string Out { get; init; }

    public required string SerialLog { get; init; }

    public IReadOnlyList<string> Arguments()
    {
        // bootscrub would touch every page of the lab's memory, and so make the machine provide it.
        List<string> xen = ["console=com1", "com1=115200,8n1", "bootscrub=off", Invariant($"dom0_max_vcpus={Cpus}")];
        if (Dom0MemoryBytes is { } dom0)
        {
            xen.Add(Invariant($"dom0_mem={dom0 >> 20}M,max:{dom0 >> 20}M"));
        }

        // Expedited grace periods: a boot waits for many.
        const string linux =
            "console=hvc0 earlyprintk=xen quiet net.ifnames=0 rcupdate.rcu_expedited=1 random.trust_cpu=on "
            + "cgroup_no_v1=all systemd.unified_cgroup_hierarchy=1 systemd.show_status=0";
        List<string> arguments =
        [
            "-name", NamePrefix + Id,
            "-machine", "pc",
            .. Processor(),
            "-smp", Invariant($"{Cpus}"),
            "-m", Invariant($"{MemoryBytes >> 20}M"),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-chardev", $"file,id=serial,path={Escape(SerialLog)}",
            "-serial", "chardev:serial",
            "-kernel", Files.Xen,
            "-append", string.Join(' ', xen),
            "-initrd", $"{Files.Linux} {linux},{Files.Initramfs}",
            .. Share("root", "/"),
            .. Share("out", Out),
            .. Share("modules", Images.Modules),
            "-nic", Invariant($"user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:{SshPort}-:22"),
            "-netdev", Invariant($"dgram,id=wire,{End("local", Wire.Here)},{End("remote", Wire.There)}"),
            "-device", $"virtio-net-pci,netdev=wire,mac={Wire.Mac}",
        ];
        if (Images.Layer is { } layer)
        {
            arguments.AddRange(Share("layer", layer));
        }

        return arguments;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>QEMU ends an option's value at a comma, unless there are two.</summary>
    private static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    private static string End(string which, string address) =>
        Invariant($"{which}.type=inet,{which}.host={address},{which}.port={LabWire.Port}");

    private static string[] Share(string tag, string path) =>
        ["-virtfs", $"local,path={Escape(path)},security_model=none,mount_tag={tag},readonly=on,multidevs=remap"];

    // -cpu max crashes dom0 under emulation; without rdrand the random pool takes 15 s to fill; svm and npt let PVH guests run.
    private string[] Processor() => Accelerator switch
    {
        LabAccelerator.Kvm => ["-accel", "kvm", "-cpu", "host"],
        _ => ["-accel", "tcg,thread=multi", "-cpu", "qemu64,+svm,+npt,+rdrand"],
    };
}
