using System.Collections.Concurrent;
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
                "interface=lvm-web", "except-interface=lo", "bind-dynamic", "no-hosts", "addn-hosts=/run/x/dns-names", "dhcp-hostsfile=/run/x/dhcp-hosts", "domain=web.internal",
                "local=/web.internal/", "dhcp-range=10.9.0.0,static,255.255.255.0,infinite", "dhcp-ignore=tag:!known", "dhcp-option=option:mtu,1400", "leasefile-ro",
                "enable-ra", "dhcp-range=fd00:9::,ra-only,64", "ra-param=lvm-web,mtu:1400,600,1800",
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
    public async Task Are_lines_of_two_files_for_each_adapter()
    {
        var book = new AddressBook(Web);
        AddressLease lease = book.Take("one", "02:00:00:00:00:01", "10.9.0.5");
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Settle();
        servers.Add(lease);
        await servers.FlushAsync();
        Assert.Equal(["start web", "reload web"], _units.Calls);
        Assert.Equal("02:00:00:00:00:01,10.9.0.5,one,infinite\n", Read("web/dhcp-hosts"));
        Assert.Equal("10.9.0.5 one.web.internal one\nfd00:9::ff:fe00:1 one.web.internal one\n", Read("web/dns-names"));
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(Path.Combine(_directory, "networks/web/dns-names")));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(Path.Combine(_directory, "networks/web")));
        servers.Drop(lease);
        await servers.FlushAsync();
        Assert.Empty(Read("web/dns-names"));
        Assert.Empty(Read("web/dhcp-hosts"));
        Assert.Equal(["start web", "reload web", "reload web"], _units.Calls);
    }

    [Fact]
    public async Task Of_many_guests_are_read_at_once_and_by_themselves()
    {
        var book = new AddressBook(Web);
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Settle();
        for (int i = 0; i < 100; i++)
        {
            servers.Add(book.Take($"guest-{i}", null, null));
        }

        Assert.Equal("reload web", await _units.NextAsync());
        while (Read("web/dhcp-hosts").Count(c => c == '\n') < 100) // a slow machine may have taken two seconds for a part of them
        {
            Assert.Equal("reload web", await _units.NextAsync());
        }

        Assert.True(_units.Calls.Count < 20, string.Join(", ", _units.Calls));
    }

    [Fact]
    public async Task That_are_as_they_were_are_not_read_again()
    {
        AddressLease lease = new AddressBook(Web).Take("one", null, null);
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Add(lease);
        servers.Settle();
        servers.Drop(lease);
        servers.Add(lease);
        await servers.FlushAsync();
        Assert.Equal(["start web"], _units.Calls);
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
        servers.Settle();
        servers.Add(first);
        servers.Add(second);
        servers.Drop(first);
        await servers.FlushAsync();
        Assert.Contains(",two,", Read("web/dhcp-hosts"), StringComparison.Ordinal);
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
            killed.Settle();
            await killed.FlushAsync();
        }

        _units.Calls.Clear();
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        await servers.FlushAsync();
        Assert.Contains(",two,", Read("web/dhcp-hosts"), StringComparison.Ordinal); // guests that it does not know yet keep their names
        Assert.Empty(_units.Calls);
        servers.Add(one);
        servers.Settle();
        await servers.FlushAsync();
        Assert.Equal(["reload web", "start web", "stop gone"], _units.Calls);
        Assert.False(Directory.Exists(Path.Combine(_directory, "networks/gone")));
        Assert.Equal(DnsmasqConfig.Host(one), Read("web/dhcp-hosts"));
    }

    [Fact]
    public async Task End_and_come_back_with_the_networks_dhcp()
    {
        AddressLease lease = new AddressBook(Web).Take("one", null, null);
        using DnsmasqServers servers = Servers();
        servers.Set(Web);
        servers.Add(lease);
        servers.Settle();
        await servers.FlushAsync();
        servers.Set(Web with { Dhcp = false });
        await servers.FlushAsync();
        Assert.Equal(["start web", "stop web"], _units.Calls);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory, "networks")));
        servers.Set(Web);
        await servers.FlushAsync();
        Assert.Equal(DnsmasqConfig.Host(lease), Read("web/dhcp-hosts"));
        servers.Remove(Web);
        await servers.FlushAsync();
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory, "networks")));
    }

    [Fact]
    public async Task That_could_not_be_written_are_written_when_they_can()
    {
        var log = new ConcurrentQueue<string>();
        var book = new AddressBook(Web);
        AddressLease one = book.Take("one", null, null);
        using var servers = new DnsmasqServers(_directory, _units, (_, text) => log.Enqueue(text));
        servers.Set(Web);
        servers.Settle();
        await servers.FlushAsync();
        File.Delete(Path.Combine(_directory, "networks/web/dhcp-hosts"));
        Directory.CreateDirectory(Path.Combine(_directory, "networks/web/dhcp-hosts"));
        servers.Add(one);
        await servers.FlushAsync();
        Assert.Matches("network 'web'.*tried again in 1 s", Assert.Single(log));
        Directory.Delete(Path.Combine(_directory, "networks/web/dhcp-hosts"));
        Assert.Equal("reload web", await _units.NextAsync()); // nobody asks for it
        Assert.Equal(DnsmasqConfig.Host(one), Read("web/dhcp-hosts"));
        await servers.FlushAsync();
        Assert.Contains("again", log.Last(), StringComparison.Ordinal);
        Assert.Equal(["start web", "reload web"], _units.Calls);
    }

    [Fact]
    public async Task That_dnsmasq_was_not_told_of_are_told_again()
    {
        AddressLease one = new AddressBook(Web).Take("one", null, null);
        using var servers = new DnsmasqServers(_directory, _units, (_, _) => { });
        _units.Failures = 2;
        servers.Set(Web);
        servers.Settle();
        servers.Add(one);
        await servers.FlushAsync();
        await servers.FlushAsync();
        Assert.Equal(["start web"], _units.Calls);
        _units.Failures = 1;
        servers.Drop(one);
        await servers.FlushAsync();
        await servers.FlushAsync();
        Assert.Equal(["start web", "reload web"], _units.Calls);
    }

    [Fact]
    public async Task That_cannot_be_written_for_long_wait_for_the_next_change()
    {
        var log = new ConcurrentQueue<string>();
        var book = new AddressBook(Web);
        using var servers = new DnsmasqServers(_directory, _units, (_, text) => log.Enqueue(text));
        servers.Set(Web);
        servers.Settle();
        servers.Add(book.Take("one", null, null));
        await servers.FlushAsync();
        _units.Failures = int.MaxValue;
        servers.Add(book.Take("two", null, null));
        for (int i = 0; i < ServedNetwork.MostTries + 5; i++)
        {
            await servers.FlushAsync();
        }

        Assert.Equal(ServedNetwork.MostTries, log.Count);
        Assert.Contains($"After {ServedNetwork.MostTries} tries", log.Last(), StringComparison.Ordinal);
        _units.Failures = 0;
        servers.Add(book.Take("three", null, null));
        await servers.FlushAsync();
        Assert.Equal("reload web", _units.Calls[^1]);
    }

    private DnsmasqServers Servers() => new(_directory, _units, (_, text) => Assert.Fail(text));

    private string Read(string path) => File.ReadAllText(Path.Combine(_directory, "networks", path));

    private sealed class Units : IUnits
    {
        private readonly Channel<string> _reloaded = Channel.CreateUnbounded<string>();

        public List<string> Calls { get; } = [];

        /// <summary>So many of the next calls fail.</summary>
        public int Failures { get; set; }

        public void Start(string network, bool restart)
        {
            Fail();
            Calls.Add($"start {network}");
        }

        public void Reload(string network)
        {
            Fail();
            Calls.Add($"reload {network}");
            _reloaded.Writer.TryWrite(Calls[^1]);
        }

        private void Fail()
        {
            if (Failures > 0)
            {
                Failures--;
                throw new LightVMException(ErrorCodes.InternalError, "systemd does not answer");
            }
        }

        public void Stop(string network) => Calls.Add($"stop {network}");

        public Task<string> NextAsync() => _reloaded.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
    }
}
