using LightVM.Lab.Boot;
using LightVM.Lab.Cache;
using LightVM.Lab.Host;

namespace LightVM.Lab.Tests;

public sealed class InitramfsTests : IDisposable
{
    private readonly TemporaryDirectory _checkout = new();
    private readonly TemporaryDirectory _unpacked = new();

    public void Dispose()
    {
        _checkout.Dispose();
        _unpacked.Dispose();
    }

    [Fact]
    public async Task Dom0_gets_its_files_keys_modules_and_units()
    {
        await MakeAsync([new HostUnit("lightvmd.service", ["multi-user.target"])]);
        Assert.Equal("private", await ReadAsync("tree/etc/lightvm-lab/ssh_host_ed25519_key"));
        Assert.Equal("public", await ReadAsync("tree/etc/lightvm-lab/authorized_keys"));
        Assert.Equal("virtio.ko\nvirtio_pci.ko\n", await ReadAsync("mod/order"));
        Assert.Equal(33, (await ReadAsync("tree/etc/machine-id")).Length);
        Assert.Equal("/usr/lib/systemd/system/lightvmd.service", LinkTarget("multi-user.target.wants/lightvmd.service"));
        Assert.Equal("/etc/systemd/system/lab-host.service", LinkTarget("sysinit.target.wants/lab-host.service"));
        Assert.True(File.GetUnixFileMode(_unpacked.File("init")).HasFlag(UnixFileMode.UserExecute));
        Assert.True(File.GetUnixFileMode(_unpacked.File("tree/usr/lib/lightvm-lab/install-host")).HasFlag(UnixFileMode.OtherExecute));
    }

    [Fact]
    public async Task Without_a_host_package_nothing_waits_for_one()
    {
        await MakeAsync([]);
        Assert.Null(LinkTarget("sysinit.target.wants/lab-host.service"));
    }

    [Fact]
    public async Task Only_the_user_can_read_the_keys_in_it()
    {
        var paths = await MakeAsync([]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(paths.Initramfs));
    }

    [Fact]
    public async Task Every_script_in_it_parses()
    {
        await MakeAsync([]);
        var scripts = Directory.EnumerateFiles(_unpacked.Path, "*", SearchOption.AllDirectories)
            .Where(path => new FileInfo(path).LinkTarget is null && File.ReadLines(path).FirstOrDefault()?.StartsWith("#!", StringComparison.Ordinal) == true)
            .ToArray();
        Assert.Equal(4, scripts.Length);
        foreach (var script in scripts)
        {
            string[] shell = File.ReadLines(script).First() switch
            {
                "#!/bin/busybox sh" => ["busybox", "sh"],
                var line => [line[2..]],
            };
            await Command.RequireAsync(shell[0], [.. shell[1..], "-n", script], TimeSpan.FromSeconds(30), CancellationToken.None);
        }
    }

    private string? LinkTarget(string unit) => new FileInfo(_unpacked.File("tree/etc/systemd/system/" + unit)).LinkTarget;

    private Task<string> ReadAsync(string path) => File.ReadAllTextAsync(_unpacked.File(path));

    private async Task<LabPaths> MakeAsync(IReadOnlyList<HostUnit> units)
    {
        var paths = new LabPaths(_checkout.Path, "default");
        Directory.CreateDirectory(paths.Directory);
        File.WriteAllText(paths.HostKey, "private");
        File.WriteAllText(paths.Identity + ".pub", "public");
        var modules = Directory.CreateDirectory(_checkout.File("modules")).FullName;
        File.WriteAllText(Path.Combine(modules, "modules.dep"), "virtio_pci.ko: virtio.ko\nvirtio.ko:\n");
        File.WriteAllText(Path.Combine(modules, "virtio_pci.ko"), "a");
        File.WriteAllText(Path.Combine(modules, "virtio.ko"), "b");
        await Initramfs.WriteAsync(
            paths, new LabImages("/xen", "/vmlinux", modules, "6.1.0", null), units, installHost: true, CancellationToken.None);
        await Command.RequireAsync(
            "busybox",
            ["sh", "-c", "cd \"$0\" && busybox cpio -i -d <\"$1\"", _unpacked.Path, paths.Initramfs],
            TimeSpan.FromSeconds(30),
            CancellationToken.None);
        return paths;
    }
}
