using LightVM.Lab.Boot;
using LightVM.Lab.Cache;

namespace LightVM.Lab.Tests;

public sealed class QemuCommandLineTests
{
    [Fact]
    public void Emulation_never_asks_for_kvm()
    {
        var arguments = Make(LabAccelerator.Tcg).Arguments();
        Assert.DoesNotContain("-enable-kvm", arguments);
        Assert.DoesNotContain(arguments, a => a.Contains("kvm", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("tcg,thread=multi", arguments);
    }

    [Fact]
    public void Forced_emulation_leaves_no_other_candidate()
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal([LabAccelerator.Tcg], new Accelerators(directory.Path, "/dev/null").Candidates("tcg"));
    }

    [Fact]
    public void Every_share_of_the_machine_is_read_only()
    {
        var arguments = (Make(LabAccelerator.Tcg) with { Images = Images with { Layer = "/layer" } }).Arguments();
        var shares = arguments.Where((_, i) => i > 0 && arguments[i - 1] == "-virtfs").ToArray();
        Assert.Equal(4, shares.Length);
        Assert.All(shares, share => Assert.Contains(",readonly=on", share, StringComparison.Ordinal));
    }

    [Fact]
    public void A_comma_in_a_path_does_not_end_an_option()
    {
        var arguments = (Make(LabAccelerator.Tcg) with { Out = "/a,readonly=off/out" }).Arguments();
        Assert.Contains(arguments, a => a.StartsWith("local,path=/a,,readonly=off/out,", StringComparison.Ordinal));
    }

    [Fact]
    public void Ssh_is_forwarded_from_the_loopback_interface_alone() =>
        Assert.Contains(
            Make(LabAccelerator.Tcg).Arguments(), a => a.Contains("hostfwd=tcp:127.0.0.1:2222-:22", StringComparison.Ordinal));

    [Fact]
    public void Two_labs_that_name_each_other_are_the_ends_of_one_wire()
    {
        LabWire one = LabWire.Of(new LabPaths("/checkout", "one"), "two"), two = LabWire.Of(new LabPaths("/checkout", "two"), "one");
        Assert.Equal((one.Here, one.There), (two.There, two.Here));
        Assert.NotEqual(one.Here, one.There);
        Assert.NotEqual(one.Mac, two.Mac);
        Assert.NotEqual(one.Here, LabWire.Of(new LabPaths("/other", "one"), "two").Here);
        Assert.Matches(@"^127\.(1[2-9]\d|2\d\d)\.\d+\.[1-9]\d*$", one.Here);
        var arguments = (Make(LabAccelerator.Tcg) with { Wire = one }).Arguments();
        Assert.Contains(
            $"dgram,id=wire,local.type=inet,local.host={one.Here},local.port={LabWire.Port},remote.type=inet,remote.host={one.There},remote.port={LabWire.Port}",
            arguments);
        Assert.Contains($"virtio-net-pci,netdev=wire,mac={one.Mac}", arguments);
    }

    [Theory]
    [InlineData(1536L << 20, "dom0_mem=1536M,max:1536M")]
    [InlineData(null, null)]
    public void Dom0_gets_its_memory_or_all(long? bytes, string? expected)
    {
        var xen = Value((Make(LabAccelerator.Tcg) with { Dom0MemoryBytes = bytes }).Arguments(), "-append");
        Assert.Equal(expected, xen.Split(' ').SingleOrDefault(o => o.StartsWith("dom0_mem", StringComparison.Ordinal)));
    }

    private static readonly LabImages Images = new("/xen", "/vmlinux", "/modules", "6.1.0", null);

    private static string Value(IReadOnlyList<string> arguments, string option) =>
        arguments[arguments.ToList().IndexOf(option) + 1];

    private static QemuCommandLine Make(LabAccelerator accelerator) => new()
    {
        Id = "0123456789ab",
        Accelerator = accelerator,
        Cpus = 2,
        MemoryBytes = 4L << 30,
        Dom0MemoryBytes = 1536L << 20,
        SshPort = 2222,
        Wire = new LabWire("127.200.0.1", "127.200.0.2", "52:54:00:00:00:01"),
        Files = new BootFiles("/r/xen", "/r/vmlinux", "/r/initramfs"),
        Images = Images,
        Out = "/checkout/out",
        SerialLog = "/checkout/out/lab/default/serial.log",
    };
}
