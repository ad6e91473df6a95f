using LightVM.Lab.Boot;

namespace LightVM.Lab.Tests;

public sealed class ModuleDependenciesTests
{
    private static readonly ModuleDependencies Modules = new(
    [
        "kernel/drivers/virtio/virtio.ko:",
        "kernel/drivers/virtio/virtio_ring.ko: kernel/drivers/virtio/virtio.ko",
        "kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko",
        "kernel/net/9p/9pnet.ko.xz:",
        "kernel/net/9p/9pnet_virtio.ko.xz: kernel/net/9p/9pnet.ko.xz kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko",
        "kernel/drivers/xen/xen-evtchn.ko:",
    ]);

    [Fact]
    public void Each_module_comes_once_and_after_what_it_needs()
    {
        var order = Modules.LoadOrder(["virtio_pci", "9pnet_virtio"]).Select(path => Path.GetFileName(path)!).ToArray();
        Assert.Equal(["virtio.ko", "virtio_ring.ko", "virtio_pci.ko", "9pnet.ko.xz", "9pnet_virtio.ko.xz"], order);
    }

    [Theory]
    [InlineData("xen-evtchn")]
    [InlineData("xen_evtchn")]
    public void A_hyphen_is_an_underscore(string name) =>
        Assert.Equal(["kernel/drivers/xen/xen-evtchn.ko"], Modules.LoadOrder([name]));

    [Fact]
    public void What_the_kernel_has_built_in_is_skipped() => Assert.Empty(Modules.LoadOrder(["ext4"]));
}
