using System.Net;
using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>Which MAC and addresses guests get. Golden values: a guest that is made again keeps its address over versions of LightVM.</summary>
public sealed class NetworkAddresses
{
    [Theory]
    [InlineData("default", "web-1", "02:1c:7e:9b:82:e2", "10.118.0.181")]
    [InlineData("default", "web-2", "02:1c:09:42:82:7f", "10.118.11.33")]
    [InlineData("blue", "web-1", "02:1c:08:f7:ef:7e", "10.118.15.135")]
    public void Derive_from_the_names(string network, string guest, string mac, string address)
    {
        AddressLease lease = Book(network).Take(guest, null, null);
        Assert.Equal((mac, address), (lease.Mac.ToString(), lease.Address!.ToString()));
        Assert.Equal(20, lease.PrefixLength);
    }

    [Fact]
    public void Derive_interfaces_and_prefixes()
    {
        Assert.Equal("lvm-default", NetworkDerivation.TapName("default"));
        Assert.Equal("lvm-elevenchars", NetworkDerivation.TapName("elevenchars"));
        Assert.Equal("lvm-a-ver6a57e3", NetworkDerivation.TapName("a-very-long-name-of-a-network"));
        Assert.Equal("lvm-defau025f8d", NetworkDerivation.TapName("default", 1));
        Assert.Equal("lvbde08cbe7d31e", NetworkDerivation.BridgeTapName(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 0));
        Assert.Equal("fd8e:26c4:b5b3:e563::/64", NetworkDerivation.Prefix6("0123456789abcdef0123456789abcdef", "default").ToString());
        Assert.Equal("02:1c:10:46:a7:59", NetworkDerivation.HostMac("default").ToString());
    }

    [Fact]
    public void Of_ipv6_are_the_prefix_and_the_mac_as_slaac_makes_them()
    {
        AddressLease lease = Book("default", "fd00:1:2:3::/64").Take("web", "52:54:00:12:34:56", null);
        Assert.Equal(IPAddress.Parse("fd00:1:2:3:5054:ff:fe12:3456"), lease.Address6);
        Assert.Equal(64, lease.Prefix6Length);
    }

    [Fact]
    public void That_are_taken_give_way_to_the_next_free_ones()
    {
        AddressBook book = Book("default");
        AddressLease first = book.Take("web", null, null), second = book.Take("web", null, null);
        Assert.Equal(first.Mac.Value + 1, second.Mac.Value);
        Assert.Equal(Ipv4Pool.ToNumber(first.Address!) + 1, Ipv4Pool.ToNumber(second.Address!));
        Assert.True(book.Release(first));
        Assert.False(book.Release(first));
        Assert.Equal(first, book.Take("web", null, null));
        Assert.Equal(2, book.Count);
    }

    [Theory]
    [InlineData("10.0.0.0/30", 1)]
    [InlineData("10.0.0.0/26", 61)]
    [InlineData("10.0.0.0/25", 125)]
    [InlineData("10.0.0.0/20", 4093)]
    public void Are_each_given_once_until_none_is_left(string subnet, int count)
    {
        AddressBook book = Book("default", subnet: subnet);
        Ipv4Pool pool = Ipv4Pool.Parse(subnet);
        var seen = new HashSet<uint>();
        var macs = new HashSet<MacAddress>();
        AddressLease? last = null;
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(count - i, book.FreeCount);
            last = book.Take($"guest-{i}", null, null);
            uint number = Ipv4Pool.ToNumber(last.Address!);
            Assert.True(pool.IsForGuests(number) && seen.Add(number) && macs.Add(last.Mac));
        }

        var full = Assert.Throws<LightVMException>(() => book.Take("one-more", null, null));
        Assert.Equal(ErrorCodes.PoolExhausted, full.Problem.Code);
        Assert.Equal(count, book.Count);
        book.Release(last!);
        Assert.Equal(last!.Address, book.Take("one-more", null, null).Address);
    }

    [Theory]
    [InlineData("10.118.0.1", ErrorCodes.InvalidArgument)] // the host's
    [InlineData("10.118.0.0", ErrorCodes.InvalidArgument)]
    [InlineData("10.118.15.255", ErrorCodes.InvalidArgument)]
    [InlineData("10.118.16.1", ErrorCodes.InvalidArgument)]
    [InlineData("10.118.5", ErrorCodes.InvalidArgument)]
    [InlineData("fd00::1", ErrorCodes.InvalidArgument)]
    [InlineData("", ErrorCodes.InvalidArgument)]
    [InlineData("10.118.0.2", null)]
    [InlineData("10.118.15.254", null)]
    [InlineData("10.118.7.7", ErrorCodes.AddressInUse)]
    public void That_are_asked_for_are_checked(string address, string? code)
    {
        AddressBook book = Book("default");
        book.Take("other", null, "10.118.7.7");
        if (code is null)
        {
            Assert.Equal(address, book.Take("web", null, address).Address!.ToString());
            return;
        }

        Problem problem = Assert.Throws<LightVMException>(() => book.Take("web", null, address)).Problem;
        Assert.Equal(code, problem.Code);
        Assert.NotNull(problem.Recommendation);
        Assert.Equal(1, book.Count);
    }

    [Theory]
    [InlineData("02:1c:7b:00:00:01", null)]
    [InlineData("02-1C-7B-00-00-01", null)]
    [InlineData("03:1c:7b:00:00:01", ErrorCodes.InvalidArgument)]
    [InlineData("ff:ff:ff:ff:ff:ff", ErrorCodes.InvalidArgument)]
    [InlineData("00:00:00:00:00:00", ErrorCodes.InvalidArgument)]
    [InlineData("02:1c:7b:00:00", ErrorCodes.InvalidArgument)]
    [InlineData("02:1c:7b:00:00:0g", ErrorCodes.InvalidArgument)]
    [InlineData("02:1c:7b:00:00:01 ", ErrorCodes.InvalidArgument)]
    [InlineData("02:00:00:00:00:77", ErrorCodes.AddressInUse)]
    public void Macs_that_are_asked_for_are_checked(string mac, string? code)
    {
        AddressBook book = Book("default");
        book.Take("other", "02:00:00:00:00:77", null);
        if (code is null)
        {
            Assert.Equal("02:1c:7b:00:00:01", book.Take("web", mac, null).Mac.ToString());
            return;
        }

        Assert.Equal(code, Assert.Throws<LightVMException>(() => book.Take("web", mac, null)).Problem.Code);
    }

    [Fact]
    public void The_hosts_own_mac_is_no_guests()
    {
        string mac = NetworkDerivation.HostMac("default").ToString();
        Assert.Equal(ErrorCodes.AddressInUse, Assert.Throws<LightVMException>(() => Book("default").Take("web", mac, null)).Problem.Code);
    }

    [Fact]
    public void On_a_bridge_of_the_users_there_is_a_mac_and_no_address()
    {
        var book = new AddressBook(new NetworkRecord { Name = "lan", Id = Guid.NewGuid(), Interface = "br0", Bridge = "br0" });
        AddressLease lease = book.Take("web", null, null);
        Assert.True(lease is { OnBridge: true, Address: null, Address6: null });
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(() => book.Take("web", null, "10.0.0.5")).Problem.Code);
    }

    [Theory]
    [InlineData("10.118.0.0/20", true)]
    [InlineData("192.168.7.0/30", true)]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.118.0.1/20", false)]
    [InlineData("10.118.0.0/31", false)]
    [InlineData("10.0.0.0/7", false)]
    [InlineData("10.118.0.0", false)]
    [InlineData("10.118/20", false)]
    [InlineData("127.0.0.0/24", false)]
    [InlineData("169.254.0.0/24", false)]
    [InlineData("224.0.0.0/24", false)]
    [InlineData("fd00::/64", false)]
    public void Pools_are_checked(string text, bool good)
    {
        if (good)
        {
            Assert.Equal(text, Ipv4Pool.Parse(text).ToString());
        }
        else
        {
            Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(() => Ipv4Pool.Parse(text)).Problem.Code);
        }
    }

    [Theory]
    [InlineData("fd00:1:2:3::/64", true)]
    [InlineData("fd00:1:2:3::1/64", false)]
    [InlineData("fd00:1:2::/48", false)]
    [InlineData("fe80::/64", false)]
    [InlineData("ff02::/64", false)]
    [InlineData("::/64", false)]
    [InlineData("10.0.0.0/64", false)]
    public void Prefixes_are_checked(string text, bool good)
    {
        if (good)
        {
            Assert.Equal(text, Ipv6Prefix.Parse(text).ToString());
        }
        else
        {
            Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(() => Ipv6Prefix.Parse(text)).Problem.Code);
        }
    }

    private static AddressBook Book(string name, string? subnet6 = null, string subnet = "10.118.0.0/20") =>
        new(new NetworkRecord { Name = name, Id = Guid.NewGuid(), Interface = "lvm-" + name, Subnet = subnet, Subnet6 = subnet6 });
}
