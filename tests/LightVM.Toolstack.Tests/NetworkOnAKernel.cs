using System.ComponentModel;
using System.Net;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using LightVM.Native;
using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>Interfaces as this machine's kernel makes them, in a network namespace of the test's own. Passed over where that is not allowed.</summary>
public sealed partial class NetworkOnAKernel
{
    private static readonly NetworkRecord Web = new()
    {
        Name = "web", Id = Guid.NewGuid(), Interface = "lvm-web", Subnet = "10.9.0.0/24", Subnet6 = "fd00:9::/64", Mtu = 1400, Nat = true,
    };

    [Fact]
    public void A_tap_is_what_its_record_says_outlives_its_makers_and_goes_without_trace() => InNamespace(netlink =>
    {
        int before = netlink.Links().Count;
        using (var links = new HostLinks(Log, () => true))
        {
            links.Ensure(Web);
            links.Ensure(Web);
        }

        HostLink tap = netlink.Find("lvm-web")!;
        Assert.Equal(("tun", "lightvm network web", 1400, true), (tap.Kind, tap.Alias, tap.Mtu, tap.IsUp));
        Assert.Equal(NetworkDerivation.HostMac("web"), MacAddress.From(tap.Address));
        Assert.Equal([(IPAddress.Parse("10.9.0.1"), 24, tap.Index)], netlink.Addresses4().Where(a => a.Link == tap.Index));
        Assert.Contains(netlink.Routes4(), route => route.Link == tap.Index && route.PrefixLength == 24);
        Assert.Equal("1", Setting("ipv4/conf/lvm-web/route_localnet"));
        Assert.Equal("1", Setting("ipv4/ip_forward"));
        Assert.Equal("0", Setting("ipv6/conf/lvm-web/accept_ra"));
        using (var links = new HostLinks(Log, () => true))
        {
            using SafeHandle first = links.OpenQueue(Web), second = links.OpenQueue(Web);
            Assert.False(first.IsInvalid || second.IsInvalid);
            links.Ensure(Web with { Mtu = 9000 });
            Assert.Equal(9000, netlink.Find("lvm-web")!.Mtu);
            Assert.DoesNotContain(links.OccupiedRanges(), range => range.Overlaps(Ipv4Pool.Parse("10.9.0.0/24")));
            links.Remove(Web);
            links.Remove(Web);
        }

        Assert.Equal(before, netlink.Links().Count);
    });

    [Fact]
    public void The_hosts_loopback_is_not_opened_before_there_are_rules() => InNamespace(_ =>
    {
        bool guarded = false;
        using var links = new HostLinks(Log, () => guarded);
        links.Ensure(Web);
        Assert.Equal("0", Setting("ipv4/conf/lvm-web/route_localnet"));
        guarded = true;
        links.Ensure(Web);
        guarded = false;
        links.Ensure(Web); // of an earlier lightvmd, whose rules are there
        Assert.Equal("1", Setting("ipv4/conf/lvm-web/route_localnet"));
    });

    [Fact]
    public void What_is_not_ours_is_left_alone() => InNamespace(netlink =>
    {
        TapDevice.Create("lvm-web");
        netlink.Set(netlink.Find("lvm-web")!, alias: "somebody's");
        TapDevice.Create("lvm-old");
        netlink.Set(netlink.Find("lvm-old")!, alias: "lightvm network old");
        TapDevice.Create("lvbold");
        netlink.Set(netlink.Find("lvbold")!, alias: "lightvm adapter 02:00:00:00:00:01 on lan");
        using var links = new HostLinks(Log, () => true);
        Assert.True(links.IsForeign("lvm-web"));
        Assert.False(links.IsForeign("lvm-old"));
        Assert.Equal(ErrorCodes.InternalError, Assert.Throws<LightVMException>(() => links.Ensure(Web)).Problem.Code);
        links.Remove(Web);
        links.RemoveOtherNetworks([]);
        Assert.Null(netlink.Find("lvm-old"));
        Assert.NotNull(netlink.Find("lvbold"));
        links.RemoveOtherBridgeTaps([]);
        Assert.Null(netlink.Find("lvbold"));
        Assert.NotNull(netlink.Find("lvm-web"));
    });

    [Fact]
    public void A_bridge_of_the_users_must_be_one() => InNamespace(_ =>
    {
        using var links = new HostLinks(Log, () => true);
        var lan = new NetworkRecord { Name = "lan", Id = Guid.NewGuid(), Interface = "br0", Bridge = "br0" };
        Assert.Contains("no interface 'br0'", Assert.Throws<LightVMException>(() => links.Ensure(lan)).Problem.Detail, StringComparison.Ordinal);
        Assert.Contains("no bridge", Assert.Throws<LightVMException>(() => links.Ensure(lan with { Bridge = "lo" })).Problem.Detail, StringComparison.Ordinal);
    });

    [Fact]
    public void Ranges_of_the_host_are_seen() => InNamespace(netlink =>
    {
        TapDevice.Create("eth9");
        HostLink link = netlink.Find("eth9")!;
        netlink.Set(link, up: true);
        netlink.AddAddress(link, IPAddress.Parse("10.118.3.4"), 24);
        using var links = new HostLinks(Log, () => true);
        Assert.Contains(links.OccupiedRanges(), range => range == Ipv4Pool.Parse("10.118.3.0/24"));
        Assert.Equal("10.118.16.0/20", NetworkRules.FreePool("x", links.OccupiedRanges()).ToString());
    });

    private static string Setting(string path) => File.ReadAllText("/proc/sys/net/" + path).Trim();

    private static void Log(LogSeverity severity, string text)
    {
    }

    /// <summary>A thread that has left the machine's network is never one of the pool's.</summary>
    private static void InNamespace(Action<RouteNetlink> test)
    {
        const int newNetwork = 0x40000000;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (unshare(newNetwork) != 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    Assert.True(error is Errno.EPERM or Errno.EINVAL, new Win32Exception(error).Message);
                    return;
                }

                using var netlink = new RouteNetlink();
                test(netlink);
            }
            catch (LightVMException e) when (e.Problem.Detail.Contains("/dev/net/tun", StringComparison.Ordinal))
            {
                // A machine without TAPs: the lab's dom0 has them.
            }
            catch (XenException e) when (e.Step.Contains("/dev/net/tun", StringComparison.Ordinal))
            {
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
