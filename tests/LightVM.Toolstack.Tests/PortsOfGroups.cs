using LightVM.Toolstack;

namespace LightVM.Toolstack.Tests;

/// <summary>Ports of the host that guests of a group share: whom new connections are led to.</summary>
public sealed class PortsOfGroups : IDisposable
{
    private static readonly PublishedPort[] Shared = [new() { HostPort = 8080, GuestPort = 80, Group = "fleet/web" }];
    private readonly NetworkTestHost _host = new();
    private readonly NetworkManager _networks;

    public PortsOfGroups()
    {
        var store = new NetworkTestStore();
        _networks = _host.Manager(store, store);
        _networks.Start();
        _networks.Settle();
    }

    public void Dispose() => _networks.Dispose();

    [Fact]
    public void Lead_to_those_that_serve_each_as_often_as_the_others()
    {
        Guid a = Publish("a", 5), b = Publish("b", 6), c = Publish("c", 7);
        Assert.Empty(_host.Ports);
        _networks.Serve(a, true);
        Assert.Equal([(5, SpreadSlots.Count)], Spread());
        _networks.Serve(b, true);
        _networks.Serve(c, true);
        Assert.Equal([(5, 43), (6, 43), (7, 42)], Spread().OrderBy(pair => pair.Host));
        _networks.Serve(b, false);
        Assert.Equal([(5, 64), (7, 64)], Spread().OrderBy(pair => pair.Host));
        _networks.Unpublish(a);
        Assert.Equal([(7, SpreadSlots.Count)], Spread());
        _networks.Serve(c, false);
        Assert.Empty(_host.Ports);
        _networks.Unpublish(b);
        _networks.Unpublish(c);
    }

    [Fact]
    public void One_that_starts_again_serves_when_it_says_so()
    {
        Guid a = Publish("a", 5);
        _networks.Serve(a, true);
        _networks.Unpublish(a);
        Publish("a", 5, a);
        Assert.Empty(_host.Ports);
        _networks.Serve(a, true);
        Assert.Equal([(5, SpreadSlots.Count)], Spread());
    }

    [Fact]
    public void Are_no_other_groups_and_no_single_guests()
    {
        Publish("a", 5);
        AddressLease other = _networks.Lease("default", "x", null, "10.118.0.9");
        foreach (PublishedPort port in (PublishedPort[])[
            new() { HostPort = 8080, GuestPort = 80, Group = "other" }, new() { HostPort = 8080, GuestPort = 80 },
            new() { HostPort = 8080, GuestPort = 80, Group = "fleet/web", HostAddress = "127.0.0.1" }])
        {
            var e = Assert.Throws<LightVMException>(() => _networks.Publish(Guid.NewGuid(), "x", other, [port]));
            Assert.Equal(ErrorCodes.PortInUse, e.Problem.Code);
            Assert.Contains("guest 'a' has published it for the group 'fleet/web'", e.Problem.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Are_as_they_were_when_the_firewall_refuses()
    {
        Guid a = Publish("a", 5), b = Publish("b", 6);
        _networks.Serve(a, true);
        _host.FirewallFailure = new LightVMException(ErrorCodes.InternalError, "refused");
        _networks.Serve(b, true); // is logged
        Assert.Equal([(5, SpreadSlots.Count)], Spread());
        _networks.Serve(a, false);
        Assert.Equal([(6, SpreadSlots.Count)], Spread());
    }

    [Fact]
    public void Whoever_comes_or_goes_moves_as_few_slots_as_can_be()
    {
        var random = new Random(7);
        var members = new List<string>();
        string?[] slots = new string?[SpreadSlots.Count];
        for (int i = 0; i < 500; i++)
        {
            bool comes = members.Count == 0 || (random.Next(2) == 0 && members.Count < 200);
            if (comes)
            {
                members.Add($"m{i}");
            }
            else
            {
                members.RemoveAt(random.Next(members.Count));
            }

            string?[] next = SpreadSlots.Assign(slots, members);
            int taking = Math.Min(members.Count, SpreadSlots.Count);
            if (taking == 0)
            {
                Assert.All(next, Assert.Null);
            }
            else
            {
                int[] shares = [.. next.GroupBy(member => member).Select(group => group.Count())];
                Assert.Equal(taking, shares.Length);
                Assert.InRange(shares.Max() - shares.Min(), 0, 1);
                int moved = slots.Zip(next).Count(pair => pair.First is not null && members.Contains(pair.First) && pair.First != pair.Second);
                Assert.InRange(moved, 0, SpreadSlots.Count / taking + 1);
            }

            slots = next;
        }
    }

    private Guid Publish(string name, int host, Guid? id = null)
    {
        Guid guest = id ?? Guid.NewGuid();
        AddressLease lease = id is null ? _networks.Lease("default", name, null, $"10.118.0.{host}") : _leases[guest];
        _leases[guest] = lease;
        _networks.Publish(guest, name, lease, Shared);
        return guest;
    }

    private readonly Dictionary<Guid, AddressLease> _leases = [];

    /// <summary>Of IPv4: the last byte of each guest's address, and its slots; each slot once.</summary>
    private List<(int Host, int Slots)> Spread()
    {
        PortRule[] rules = [.. _host.Ports.Where(rule => rule.Target.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)];
        Assert.Equal(Enumerable.Range(0, rules.Length), rules.Select(rule => rule.Slot!.Value).Order());
        Assert.Equal(rules.Length * 2, _host.Ports.Count);
        return [.. rules.GroupBy(rule => (int)rule.Target.GetAddressBytes()[3]).Select(group => (group.Key, group.Count()))];
    }
}
