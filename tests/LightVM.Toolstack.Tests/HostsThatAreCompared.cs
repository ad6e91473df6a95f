namespace LightVM.Toolstack.Tests;

/// <summary>What is refused before a guest is moved: hosts and networks that do not fit.</summary>
public sealed class HostsThatAreCompared
{
    private static readonly Adapter OnBridge = new() { Network = "wire", Mac = "02:00:00:00:00:01" };
    private static readonly Adapter Managed = new() { Network = "default", Mac = "02:00:00:00:00:01", Address = "10.118.0.7" };

    [Theory]
    [InlineData("4.17.4", "4.17.4", true)]
    [InlineData("4.17.4", "4.17.0", true)]
    [InlineData("4.17.4", "4.18.0", true)]
    [InlineData("4.18.0", "4.17.9", false)]
    [InlineData("4.20.1", "4.19.0", false)]
    [InlineData("", "4.19.0", false)]
    public void Xen_by_its_release(string source, string destination, bool fits) =>
        Expect(fits ? null : ErrorCodes.HostIncompatible, () => MoveHosts.CheckXen("web", source, destination));

    [Fact]
    public void Processors_by_what_the_source_has()
    {
        var there = new HashSet<string> { "sse", "sse2", "avx" };
        MoveHosts.CheckProcessor("web", ["sse", "sse2"], there);
        Expect(ErrorCodes.HostIncompatible, () => MoveHosts.CheckProcessor("web", ["sse", "avx2"], there), "avx2");
    }

    [Fact]
    public void Processors_without_words_of_linux_own()
    {
        IReadOnlySet<string> found = CpuFeatures.Parse(["processor : 0", "flags\t\t: fpu ht sse sse2 hypervisor rep_good", "flags\t\t: other"]);
        Assert.Equal(["fpu", "sse", "sse2"], found.Order());
    }

    [Fact]
    public void Networks_are_the_same_where_both_are_bridges_of_the_users()
    {
        Check(OnBridge, Bridge("wire"), Bridge("wire"));
        Expect(ErrorCodes.NetworkMismatch, () => Check(OnBridge, Bridge("wire", vlan: 5), Bridge("wire", vlan: 6)), "VLAN");
        Expect(ErrorCodes.NetworkMismatch, () => Check(OnBridge, Bridge("wire"), Own("wire")), "same layer 2");
        Expect(ErrorCodes.NetworkMismatch, () => Check(Managed, Own("default"), Own("default")), "same layer 2");
        Expect(ErrorCodes.NetworkNotFound, () => Check(OnBridge, Bridge("wire"), null));
        Expect(ErrorCodes.NetworkMismatch, () => Check(OnBridge, Bridge("wire", mtu: 9000), Bridge("wire")), "9000");
    }

    [Fact]
    public void Other_networks_will_do_where_another_address_is_accepted_and_can_be_learnt()
    {
        Check(Managed, Own("default"), Own("default"), accept: true);
        Expect(ErrorCodes.NetworkMismatch, () => Check(Managed, Own("default"), Own("default"), accept: true, learns: false), "10.118.0.7");
        Check(OnBridge, Bridge("wire"), Own("wire"), accept: true, learns: false); // whatever it has, nobody told it
    }

    private static Network Bridge(string name, int vlan = 0, int mtu = 1500) => new() { Name = name, Id = Guid.NewGuid(), Bridge = "br0", Vlan = vlan, Mtu = mtu };

    private static Network Own(string name) => new() { Name = name, Id = Guid.NewGuid(), Subnet = "10.118.0.0/20" };

    private static void Check(Adapter adapter, Network? there, Network? here, bool accept = false, bool learns = true) =>
        MoveHosts.CheckNetwork("web", adapter, there, here, accept, learns);

    private static void Expect(string? code, Action check, string text = "")
    {
        if (code is null)
        {
            check();
            return;
        }

        LightVMException refused = Assert.Throws<LightVMException>(check);
        Assert.Equal(code, refused.Problem.Code);
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }
}
