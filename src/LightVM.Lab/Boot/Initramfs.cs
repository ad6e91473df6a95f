using System.Reflection;
using LightVM.Lab.Cache;
using LightVM.Lab.Host;

namespace LightVM.Lab.Boot;

/// <summary>Makes the initramfs of one lab: busybox, modules, and the files that are laid over the machine's root.</summary>
internal static class Initramfs
{
    /// <summary>Loaded before the root is mounted; the rest of the kernel's modules are a share.</summary>
    private static readonly string[] Modules =
    [
        "virtio_pci", "virtio_net", "9pnet_virtio", "9p", "overlay",
        "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-privcmd", "xenfs", "tun", "loop",
    ];

    private const string ResourcePrefix = "dom0:";
    private const UnixFileMode Plain = (UnixFileMode)0x1A4; // 0644
    private const UnixFileMode Program = (UnixFileMode)0x1ED; // 0755
    private const UnixFileMode Secret = (UnixFileMode)0x180; // 0600

    /// <summary>Writes it.</summary>
    /// <param name="paths">The lab; its keys exist.</param>
    /// <param name="images">What it boots from.</param>
    /// <param name="units">The host package's units to enable.</param>
    /// <param name="installHost">Whether dom0 copies the host package over its root.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static async Task WriteAsync(
        LabPaths paths, LabImages images, IReadOnlyList<HostUnit> units, bool installHost, CancellationToken cancellation)
    {
        var busybox = Command.Find("busybox") ?? throw new LabException("busybox is missing: apt-get install busybox-static.");
        using var file = new FileStream(
            paths.Initramfs,
            new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Secret });
        using var cpio = new CpioWriter(file);
        cpio.AddFile("bin/busybox", await File.ReadAllBytesAsync(busybox, cancellation).ConfigureAwait(false), Program);
        await AddModulesAsync(cpio, images, cancellation).ConfigureAwait(false);
        AddResources(cpio);
        var hostname = paths.Name == LabOptions.DefaultName ? "lab" : paths.Name;
        cpio.AddFile(
            "lab.conf",
            $"KVER={images.KernelVersion}\nHOSTNAME={hostname}\nLAYER={(images.Layer is null ? "" : "yes")}\n"
            + $"INSTALL_HOST={(installHost ? "yes" : "")}\n",
            Plain);
        cpio.AddFile("tree/etc/hostname", hostname + "\n", Plain);
        cpio.AddFile("tree/etc/hosts", $"127.0.0.1 localhost {hostname}\n::1 localhost\n", Plain);

        // Its own: the machine's would make two labs the same host; none would make systemd enable every service.
        cpio.AddFile("tree/etc/machine-id", $"{paths.Id.PadLeft(32, 'f')}\n", Plain);
        var hostKey = await File.ReadAllTextAsync(paths.HostKey, cancellation).ConfigureAwait(false);
        cpio.AddFile("tree/etc/lightvm-lab/ssh_host_ed25519_key", hostKey, Secret);
        var client = await File.ReadAllTextAsync(paths.Identity + ".pub", cancellation).ConfigureAwait(false);
        cpio.AddFile("tree/etc/lightvm-lab/authorized_keys", client, Secret);
        AddUnitLinks(cpio, units);
    }

    private static async Task AddModulesAsync(CpioWriter cpio, LabImages images, CancellationToken cancellation)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(images.Modules, "modules.dep"), cancellation).ConfigureAwait(false);
        var order = new List<string>();
        foreach (var path in new ModuleDependencies(lines).LoadOrder(Modules))
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(images.Modules, path), cancellation).ConfigureAwait(false);
            var name = Path.GetFileName(path);
            if (name.EndsWith(".xz", StringComparison.Ordinal))
            {
                content = await KernelImage.FilterAsync("xz", ["-dc"], content, cancellation).ConfigureAwait(false);
                name = name[..^3];
            }

            cpio.AddFile("mod/" + name, content, Plain);
            order.Add(name);
        }

        cpio.AddFile("mod/order", string.Join('\n', order) + "\n", Plain);
    }

    private static void AddResources(CpioWriter cpio)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);

            // Resources carry no mode; what begins with "#!" is there to be run.
            var path = name[ResourcePrefix.Length..];
            cpio.AddFile(path, content, content.AsSpan().StartsWith("#!"u8) ? Program : Plain);
        }
    }

    private static void AddUnitLinks(CpioWriter cpio, IReadOnlyList<HostUnit> units)
    {
        const string stock = "/usr/lib/systemd/system/";
        const string own = "/etc/systemd/system/";
        Link("default.target", stock + "multi-user.target");

        // The machine's /tmp stays visible in dom0, under the overlay.
        Link("tmp.mount", "/dev/null");
        Link("sysinit.target.wants/lab-sshd.service", own + "lab-sshd.service");
        Link("sysinit.target.wants/systemd-journald.service", stock + "systemd-journald.service");
        foreach (var socket in new[] { "systemd-journald.socket", "systemd-journald-dev-log.socket", "dbus.socket" })
        {
            Link("sockets.target.wants/" + socket, stock + socket);
        }

        if (units.Count > 0)
        {
            Link("sysinit.target.wants/lab-host.service", own + "lab-host.service");
        }

        foreach (var unit in units)
        {
            foreach (var target in unit.WantedBy)
            {
                Link($"{target}.wants/{unit.Name}", stock + unit.Name);
            }
        }

        void Link(string name, string target) => cpio.AddLink($"tree{own}{name}", target);
    }
}
