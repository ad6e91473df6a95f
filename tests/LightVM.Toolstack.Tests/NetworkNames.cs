using System.Runtime.Versioning;
using System.Threading.Channels;
using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>The files that dnsmasq reads, and when its unit is started, told to read again, and stopped.</summary>
[SupportedOSPlatform("linux")]
public sealed class NetworkNames : IDisposable
{
    private static readonly NetworkRecord Web = new()
    {
        Name = "web", Id = Guid.NewGuid(), Interface = "lvm-web", Subnet = "10.9.0.0/24", Subnet6 = "fd00:9::/64", Mtu = 1400, Dhcp = true, Nat = true,
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("lvmnet-").FullName;
    private readonly Units _units = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Serve_one_interface_and_no_other()
    {
        string text = DnsmasqConfig.Text(Web, "/run/x");
        foreach (string line in (string[])
            [
                "interface=lvm-web", "except-interface=lo", "bind-dynamic", "no-hosts", "hostsdir=/run/x/names", "dhcp-hostsdir=/run/x/hosts", "domain=web.internal",
                "local=/web.internal/", "dhcp-range=10.9.0.0,static,255.255.255.0,infinite", "dhcp-ignore=tag:!known", "dhcp-option=option:mtu,1400", "leasefile-ro",
                "enable-ra", "dhcp-range=fd00:9::,ra-only,64", "ra-param=lvm-web,mtu:1400,60,1800",
            ])
        {
            Assert.Contains(line, text.Split('\n'));
        }

        Assert.DoesNotContain("option:router", text, StringComparison.Ordinal);
        text = DnsmasqConfig.Text(Web with { Nat = false, Subnet6 = null }, "/run/x");
        Assert.Contains("dhcp-option=option:router\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ra", text.Split('\n').Select(line => line.Split('-', '=')[0]));
    }

    [Fact]
    public async Task Are_two_small_files_for_each_adapter()
    {
        var book = new AddressBook(Web);
        AddressLease lease = book.Take("one", "02:00:00:00:00:01", "10.9.0.5");
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Add(lease);
        await servers.FlushAsync();
        Assert.Equal(["start web"], _units.Calls);
        Assert.Equal("02:00:00:00:00:01,10.9.0.5,one,infinite\n", Read("web/hosts/020000000001"));
        Assert.Equal("10.9.0.5 one.web.internal one\nfd00:9::ff:fe00:1 one.web.internal one\n", Read("web/names/020000000001"));
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(Path.Combine(_directory, "networks/web/names/020000000001")));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(Path.Combine(_directory, "networks/web/hosts")));
        servers.Drop(lease);
        await servers.FlushAsync();
        Assert.Empty(Directory.GetFiles(Path.Combine(_directory, "networks/web/names")));
        Assert.Equal("reload web", await _units.NextAsync());
    }

    [Theory]
    [InlineData("ignore", false)]
    [InlineData("infinite", false)]
    [InlineData("12", false)]
    [InlineData("7d", false)]
    [InlineData("ignore-me", true)]
    [InlineData("7d2", true)]
    [InlineData("dms", true)]
    [InlineData("s", true)]
    [InlineData("web", true)]
    public void That_dnsmasq_takes_for_something_else_are_left_out_for_dhcp(string name, bool told)
    {
        AddressLease lease = new AddressBook(Web).Take(name, "02:00:00:00:00:01", "10.9.0.5");
        Assert.Equal($"02:00:00:00:00:01,10.9.0.5,{(told ? name + "," : "")}infinite\n", DnsmasqConfig.Host(lease));
        Assert.Contains($" {name}.web.internal {name}\n", DnsmasqConfig.Names(lease), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_guest_that_took_anothers_mac_stay()
    {
        var book = new AddressBook(Web);
        AddressLease first = book.Take("one", "02:00:00:00:00:01", null);
        book.Release(first);
        AddressLease second = book.Take("two", "02:00:00:00:00:01", null);
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Add(first);
        servers.Add(second);
        servers.Drop(first);
        await servers.FlushAsync();
        Assert.Contains(",two,", Read("web/hosts/020000000001"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_settled_by_the_next_daemon()
    {
        var book = new AddressBook(Web);
        AddressLease one = book.Take("one", null, null), two = book.Take("two", null, null);
        using (DnsmasqServers killed = Servers())
        {
            killed.Set(Web);
            killed.Set(Web with { Name = "gone", Interface = "lvm-gone" });
            killed.Add(one);
            killed.Add(two);
            await killed.FlushAsync();
        }

        _units.Calls.Clear();
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Add(one);
        servers.Settle();
        await servers.FlushAsync();
        Assert.Equal(["start web", "stop gone"], _units.Calls.Where(call => !call.StartsWith("reload", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(Path.Combine(_directory, "networks/gone")));
        Assert.Equal([DnsmasqConfig.FileName(one)], Directory.GetFiles(Path.Combine(_directory, "networks/web/hosts")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task End_and_come_back_with_the_networks_dhcp()
    {
        AddressLease lease = new AddressBook(Web).Take("one", null, null);
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Add(lease);
        await servers.FlushAsync();
        servers.Set(Web with { Dhcp = false });
        await servers.FlushAsync();
        Assert.Equal(["start web", "stop web"], _units.Calls);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory, "networks")));
        servers.Set(Web);
        await servers.FlushAsync();
        Assert.NotEmpty(Read($"web/hosts/{DnsmasqConfig.FileName(lease)}"));
        servers.Remove(Web);
        await servers.FlushAsync();
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory, "networks")));
    }

    private DnsmasqServers Servers() => new(_directory, _units, (_, text) => Assert.Fail(text));

    private string Read(string path) => File.ReadAllText(Path.Combine(_directory, "networks", path));

    private sealed class Units : IUnits
    {
        private readonly Channel<string> _reloaded = Channel.CreateUnbounded<string>();

        public List<string> Calls { get; } = [];

        public void Start(string network, bool restart) => Calls.Add($"start {network}");

        public void Reload(string network)
        {
            Calls.Add($"reload {network}");
            _reloaded.Writer.TryWrite(Calls[^1]);
        }

        public void Stop(string network) => Calls.Add($"stop {network}");

        public Task<string> NextAsync() => _reloaded.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
    }
}
