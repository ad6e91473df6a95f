using System.Net;
using System.Net.Sockets;
using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>Ports of the host that lead to guests: who may have which, and what becomes of them.</summary>
public sealed class NetworkPorts : IDisposable
{
    private readonly NetworkTestHost _host = new();
    private readonly NetworkManager _networks;
    private readonly AddressLease _lease;

    public NetworkPorts()
    {
        var store = new NetworkTestStore();
        _networks = _host.Manager(store, store);
        _networks.Start();
        _networks.Settle();
        _lease = _networks.Lease("default", "web", null, "10.118.0.5");
    }

    public void Dispose() => _networks.Dispose();

    [Fact]
    public void Lead_to_both_addresses_of_the_guest_until_they_are_taken_back()
    {
        var guest = Guid.NewGuid();
        _networks.Publish(guest, "web", _lease, [Port(8080, 80)]);
        Assert.Equal(
            [new PortRule(false, null, 8080, _lease.Address!, 80), new PortRule(false, null, 8080, _lease.Address6!, 80)],
            _host.Ports);
        _networks.Publish(guest, "web", _lease, [Port(8081, 80, "127.0.0.1"), Port(53, 53, protocol: "udp")]);
        Assert.Equal(3, _host.Ports.Count);
        _networks.Unpublish(guest);
        _networks.Unpublish(guest);
        Assert.Empty(_host.Ports);
    }

    [Fact]
    public void Have_one_guest_each()
    {
        _networks.Publish(Guid.NewGuid(), "web", _lease, [Port(8080, 80)]);
        foreach (PublishedPort port in (PublishedPort[])[Port(8080, 81), Port(8080, 80, "127.0.0.1")])
        {
            Problem problem = Fails(ErrorCodes.PortInUse, () => _networks.Publish(Guid.NewGuid(), "other", _lease, [Port(9000, 80), port]));
            Assert.Contains("'web'", problem.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(2, _host.Ports.Count);
        _networks.Publish(Guid.NewGuid(), "other", _lease, [Port(8080, 80, protocol: "udp"), Port(9000, 80, "10.0.2.15")]);
        _networks.Publish(Guid.NewGuid(), "third", _lease, [Port(9000, 80, "127.0.0.1")]);
    }

    [Fact]
    public void That_a_program_listens_on_are_not_published()
    {
        _host.UsedPorts.Add(22);
        Fails(ErrorCodes.PortInUse, () => _networks.Publish(Guid.NewGuid(), "web", _lease, [Port(8080, 80), Port(22, 22)]));
        Assert.Empty(_host.Ports);
    }

    [Fact]
    public void Stay_as_they_were_when_the_new_ones_are_refused()
    {
        var guest = Guid.NewGuid();
        _networks.Publish(guest, "web", _lease, [Port(8080, 80)]);
        _host.FirewallFailure = new LightVMException(ErrorCodes.InternalError, "nft", null, "Look.");
        Fails(ErrorCodes.InternalError, () => _networks.Publish(guest, "web", _lease, [Port(8081, 80)]));
        Fails(ErrorCodes.PortInUse, () => _networks.Publish(Guid.NewGuid(), "other", _lease, [Port(8080, 80)]));
        _networks.Publish(Guid.NewGuid(), "other", _lease, [Port(8081, 80)]);
    }

    [Theory]
    [InlineData(0, 80, null, "tcp")]
    [InlineData(65536, 80, null, "tcp")]
    [InlineData(80, 0, null, "tcp")]
    [InlineData(80, 80, "no-address", "tcp")]
    [InlineData(80, 80, "fe80::1%2", "tcp")] // what nft reads as an error, and then none of the table's rules are there
    [InlineData(80, 80, "fe80::1", "tcp")]
    [InlineData(80, 80, "::ffff:10.0.2.15", "tcp")]
    [InlineData(80, 80, "ff02::1", "tcp")]
    [InlineData(80, 80, "127.1", "tcp")]
    [InlineData(80, 80, "1", "tcp")]
    [InlineData(80, 80, null, "sctp")]
    public void That_make_no_sense_are_refused(int host, int guest, string? address, string protocol) =>
        Fails(ErrorCodes.InvalidArgument, () => _networks.Publish(Guid.NewGuid(), "web", _lease, [Port(host, guest, address, protocol)]));

    [Fact]
    public void Twice_in_one_guest_are_refused() =>
        Fails(ErrorCodes.InvalidArgument, () => _networks.Publish(Guid.NewGuid(), "web", _lease, [Port(80, 80), Port(80, 81, "127.0.0.1")]));

    [Fact]
    public void In_use_by_sockets_are_found()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        IPAddress target = IPAddress.Parse("10.118.0.5");
        Assert.NotNull(HostPorts.User(new PortRule(false, null, port, target, 80)));
        Assert.NotNull(HostPorts.User(new PortRule(false, IPAddress.Loopback, port, target, 80)));
        Assert.Null(HostPorts.User(new PortRule(true, null, port, target, 80)));
        listener.Dispose();
        Assert.Null(HostPorts.User(new PortRule(false, null, port, target, 80)));
        Fails(ErrorCodes.InvalidArgument, () => HostPorts.User(new PortRule(false, IPAddress.Parse("192.0.2.1"), port, target, 80)));
    }

    private static PublishedPort Port(int host, int guest, string? address = null, string protocol = "tcp") =>
        new() { HostPort = host, GuestPort = guest, HostAddress = address, Protocol = protocol };

    private static Problem Fails(string code, Action action)
    {
        Problem problem = Assert.Throws<LightVMException>(action).Problem;
        Assert.Equal(code, problem.Code);
        Assert.NotNull(problem.Recommendation);
        return problem;
    }
}
