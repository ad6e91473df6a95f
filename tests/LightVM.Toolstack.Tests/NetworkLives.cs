using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>How networks are made, changed, remembered and removed, on a host in memory.</summary>
public sealed class NetworkLives
{
    private readonly NetworkTestHost _host = new();
    private readonly NetworkTestStore _store = new();

    [Fact]
    public void A_host_has_default_from_the_start_and_the_same_in_its_next_life()
    {
        using NetworkManager first = Started();
        Network made = first.Find("default")!;
        Assert.Equal(("10.118.0.0/20", "10.118.0.1", "lvm-default", 4093), (made.Subnet, made.Gateway, made.Interface, made.FreeAddresses));
        Assert.StartsWith("fd", made.Subnet6, StringComparison.Ordinal);
        Assert.True(made is { Dhcp: true, Nat: true, Broadcast: false, Isolated: false });
        using NetworkManager second = Started();
        Assert.Equal(made.Id, second.Find("default")!.Id);
        Assert.Equal(["NetworkCreated default"], _store.Events);
    }

    [Fact]
    public void Default_goes_where_the_host_has_nothing()
    {
        _host.Occupied.AddRange([Ipv4Pool.Parse("10.118.0.0/24"), new Ipv4Pool(Ipv4Pool.ToNumber(System.Net.IPAddress.Parse("10.118.17.3")), 32), Ipv4Pool.Parse("10.0.0.0/8")]);
        using NetworkManager networks = Started();
        Assert.Equal("10.118.32.0/20", networks.Find("default")!.Subnet);
    }

    [Fact]
    public void Each_further_one_gets_a_pool_of_its_own()
    {
        using NetworkManager networks = Started();
        Assert.Equal("10.118.16.0/20", Put(networks, "a").Subnet);
        Assert.Equal("10.118.32.0/20", Put(networks, "b").Subnet);
        networks.Remove("a", "test");
        Assert.Equal("10.118.16.0/20", Put(networks, "c").Subnet);
        Assert.Equal(["b", "c", "default"], _host.FirewallNetworks.Order());
    }

    [Fact]
    public void The_same_again_changes_nothing_and_another_is_refused_unless_it_is_a_change()
    {
        using NetworkManager networks = Started();
        var told = new List<string>();
        networks.Changed += told.Add;
        Network made = networks.Put("web", new NetworkDefinition { Subnet = "10.9.0.0/24" }, false, "test", out bool created);
        Assert.True(created);
        Assert.Equal(made.Id, networks.Put("web", new NetworkDefinition(), false, "test", out created).Id);
        Assert.False(created);
        Problem problem = Fails(ErrorCodes.NetworkExists, () => networks.Put("web", new NetworkDefinition { Mtu = 9000 }, false, "test", out _));
        Assert.Contains("mtu is 1500 and not 9000", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("Set-LightVMNetwork web", problem.Recommendation, StringComparison.Ordinal);
        Assert.Empty(told);
        Network changed = networks.Put("web", new NetworkDefinition { Mtu = 9000, Nat = false }, true, "test", out created);
        Assert.Equal((made.Id, 9000, false, "10.9.0.0/24", false), (changed.Id, changed.Mtu, changed.Nat, changed.Subnet, created));
        Assert.Equal(["web"], told);
        Assert.Equal(9000, _host.Interfaces["lvm-web"].Mtu);
        Assert.Equal(["NetworkCreated default", "NetworkCreated web", "NetworkChanged web"], _store.Events);
    }

    [Fact]
    public void Addresses_stay_while_adapters_are_on_it()
    {
        using NetworkManager networks = Started();
        Put(networks, "web");
        AddressLease lease = networks.Lease("web", "guest");
        Fails(ErrorCodes.NetworkInUse, () => networks.Put("web", new NetworkDefinition { Subnet = "10.9.0.0/24" }, true, "test", out _));
        Fails(ErrorCodes.NetworkInUse, () => networks.Put("web", new NetworkDefinition { Subnet6 = "" }, true, "test", out _));
        Fails(ErrorCodes.NetworkInUse, () => networks.Remove("web", "test"));
        Assert.Equal((1, 4092), (networks.Find("web")!.AdapterCount, networks.Find("web")!.FreeAddresses));
        Assert.Equal([lease], _host.Names);
        networks.Release(lease);
        networks.Release(lease);
        Assert.Empty(_host.Names);
        Assert.Equal("10.9.0.0/24", networks.Put("web", new NetworkDefinition { Subnet = "10.9.0.0/24" }, true, "test", out _).Subnet);
        Assert.Equal("10.9.0.2", networks.Lease("web", "guest", null, "10.9.0.2").Address!.ToString());
    }

    [Fact]
    public void What_is_removed_leaves_nothing()
    {
        using NetworkManager networks = Started();
        var told = new List<Guid>();
        networks.Removed += told.Add;
        Guid id = Put(networks, "web").Id;
        networks.Remove("web", "test");
        Assert.Equal([id], told);
        Assert.Equal(["lvm-default"], _host.Interfaces.Keys);
        Assert.Equal(["default"], _host.FirewallNetworks);
        Assert.Equal(["default"], _store.Records.Keys);
        Fails(ErrorCodes.NetworkNotFound, () => networks.Remove("web", "test"));
        Fails(ErrorCodes.NetworkNotFound, () => networks.Lease("web", "guest"));
        Assert.Contains(
            "Set-LightVMNetwork default", Fails(ErrorCodes.InvalidArgument, () => networks.Remove("default", "test")).Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_the_host_refuses_is_not_there()
    {
        using NetworkManager networks = Started();
        _host.FirewallFailure = new LightVMException(ErrorCodes.FeatureMissing, "no nft", null, "Install it.");
        Fails(ErrorCodes.FeatureMissing, () => Put(networks, "web"));
        Assert.Null(networks.Find("web"));
        Assert.Equal(["lvm-default"], _host.Interfaces.Keys);
        Assert.Equal(["default"], _store.Records.Keys);
    }

    [Fact]
    public void What_a_killed_daemon_left_is_removed_at_the_next_start()
    {
        using (NetworkManager networks = Started())
        {
            Put(networks, "web");
            Put(networks, "lan", new NetworkDefinition { Bridge = "br0" });
            var guest = Guid.NewGuid();
            AddressLease lease = networks.Lease("lan", "guest");
            networks.CreateBridgeTap(lease, guest, 0).Dispose();
            networks.CreateBridgeTap(lease, guest, 1).Dispose();
        }

        _store.DeleteNetwork("web");
        Assert.Equal(2, _host.BridgeTaps.Count);
        using NetworkManager next = Started();
        Assert.Equal(["br0", "lvm-default"], _host.Interfaces.Keys.Order());
        Assert.Empty(_host.BridgeTaps);
    }

    [Theory]
    [InlineData("Web", null, null, 1500, null, 0)]
    [InlineData("-web", null, null, 1500, null, 0)]
    [InlineData("web", "10.0.0.1/24", null, 1500, null, 0)]
    [InlineData("web", null, "fd00::/48", 1500, null, 0)]
    [InlineData("web", null, null, 500, null, 0)]
    [InlineData("web", null, null, 1279, null, 0)]
    [InlineData("web", null, null, 70000, null, 0)]
    [InlineData("web", null, null, 1500, null, 5)]
    [InlineData("web", null, null, 1500, "br0", 4095)]
    [InlineData("web", null, null, 1500, "br0", -1)]
    [InlineData("web", "10.9.0.0/24", null, 1500, "br0", 0)]
    [InlineData("web", null, null, 1500, "br/0", 0)]
    [InlineData("web", null, null, 1500, "", 0)]
    [InlineData("web", null, null, 1500, "abcdefghijklmnop", 0)]
    public void What_is_no_network_is_refused(string name, string? subnet, string? subnet6, int mtu, string? bridge, int vlan)
    {
        using NetworkManager networks = Started();
        Problem problem = Fails(ErrorCodes.InvalidArgument, () => Put(
            networks, name, new NetworkDefinition { Subnet = subnet, Subnet6 = subnet6, Mtu = mtu, Bridge = bridge, Vlan = vlan }));
        Assert.NotNull(problem.Recommendation);
        Assert.Equal(["default"], _store.Records.Keys);
    }

    [Fact]
    public void Guests_on_a_bridge_are_trusted_only_where_that_is_said()
    {
        using NetworkManager networks = Started();
        var told = new List<string>();
        networks.Changed += told.Add;
        Problem problem = Fails(ErrorCodes.InvalidArgument, () => Put(networks, "web", new NetworkDefinition { Trusted = true }));
        Assert.Contains("bridge", problem.Recommendation, StringComparison.Ordinal);
        Assert.False(Put(networks, "lan", new NetworkDefinition { Bridge = "br0" }).Trusted);
        _ = networks.Lease("lan", "guest");
        problem = Fails(ErrorCodes.NetworkExists, () => Put(networks, "lan", new NetworkDefinition { Bridge = "br0", Trusted = true }));
        Assert.Contains("trusted is off and not on", problem.Detail, StringComparison.Ordinal);
        Assert.True(networks.Put("lan", new NetworkDefinition { Bridge = "br0", Trusted = true }, true, "test", out _).Trusted);
        Assert.Equal(["lan"], told);
        using NetworkManager next = Started();
        Assert.True(next.Find("lan")!.Trusted);
    }

    [Fact]
    public void Subnets_that_somebody_has_are_refused()
    {
        _host.Occupied.Add(Ipv4Pool.Parse("192.168.1.0/24"));
        using NetworkManager networks = Started();
        Fails(ErrorCodes.AddressInUse, () => Put(networks, "web", new NetworkDefinition { Subnet = "192.168.0.0/16" }));
        Fails(ErrorCodes.AddressInUse, () => Put(networks, "web", new NetworkDefinition { Subnet = "192.168.1.128/25" }));
        Fails(ErrorCodes.AddressInUse, () => Put(networks, "web", new NetworkDefinition { Subnet = "10.118.4.0/24" }));
        Fails(ErrorCodes.AddressInUse, () => Put(networks, "web", new NetworkDefinition { Subnet6 = networks.Find("default")!.Subnet6 }));
    }

    [Fact]
    public void Says_to_lightvm_io_what_it_is()
    {
        using NetworkManager networks = Started();
        Network web = Put(networks, "web", new NetworkDefinition { Subnet = "10.9.0.0/24", Subnet6 = "fd00:9::/64", Isolated = true, Mtu = 9000 });
        IoNetwork io = networks.DescribeForIo("web")!;
        Assert.Equal((web.Id, "web", true, false, 9000, "10.9.0.1", 24, "fd00:9::1", 64), (io.Id, io.Name, io.Isolated, io.Broadcast, io.Mtu, io.Gateway!.ToString(), io.PrefixLength, io.Gateway6!.ToString(), io.Prefix6Length));
        Assert.Equal(NetworkDerivation.HostMac("web"), io.HostMac);
        Put(networks, "lan", new NetworkDefinition { Bridge = "br0" });
        Assert.Null(networks.DescribeForIo("lan"));
        Assert.Equal("", Put(networks, "v4", new NetworkDefinition { Subnet6 = "" }).Subnet6 ?? "");
    }

    private static Network Put(NetworkManager networks, string name, NetworkDefinition? definition = null) =>
        networks.Put(name, definition ?? new NetworkDefinition(), false, "test", out _);

    private static Problem Fails(string code, Action action)
    {
        Problem problem = Assert.Throws<LightVMException>(action).Problem;
        Assert.Equal(code, problem.Code);
        return problem;
    }

    private NetworkManager Started()
    {
        NetworkManager networks = _host.Manager(_store, _store);
        networks.Start();
        networks.Settle();
        return networks;
    }
}
