namespace LightVM.Reconcile.Tests;

/// <summary>What only one guest or network may have passes from one to another by one run.</summary>
public sealed class HandoverTests
{
    private readonly World world = new();

    public HandoverTests() => world.AddImage(World.Manifest("hello", network: true));

    [Fact]
    public async Task Two_guests_swap_their_ports()
    {
        await ConvergeAsync(World.Guest("a", publish: ["8080:80"]), World.Guest("b", publish: ["8081:80"]));
        await ConvergeAsync(World.Guest("a", publish: ["8081:80"]), World.Guest("b", publish: ["8080:80"]));

        Assert.Equal(["8081:80"], PortsOf("a"));
        Assert.Equal(["8080:80"], PortsOf("b"));
    }

    [Fact]
    public async Task Ports_go_round()
    {
        await ConvergeAsync(World.Guest("a", publish: ["1:80", "9:9"]), World.Guest("b", publish: ["2:80"]), World.Guest("c", publish: ["3:80"]));
        world.Host.Writes.Clear();
        await ConvergeAsync(World.Guest("a", publish: ["2:80", "9:9"]), World.Guest("b", publish: ["3:80"]), World.Guest("c", publish: ["1:80"]));

        Assert.Equal(["2:80", "9:9"], PortsOf("a"));
        Assert.DoesNotContain(world.Host.Writes, write => write.StartsWith("Stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_passes_from_a_guest_that_leaves_to_a_new_one()
    {
        await ConvergeAsync(World.Guest("old", publish: ["8080:80"]));
        await ConvergeAsync(World.Guest("new", publish: ["8080:80"]));
    }

    [Fact]
    public async Task A_shared_port_passes_to_an_entry_of_another_name()
    {
        await ConvergeAsync(World.Guest("web", replicas: 3, publish: ["8080:80"]));
        await ConvergeAsync(World.Guest("front", replicas: 2, publish: ["8080:80"]));
    }

    [Fact]
    public async Task A_guest_whose_port_nobody_gets_goes_after_the_new_ones_are_made()
    {
        await ConvergeAsync(World.Guest("old", publish: ["8080:80"]));
        world.Host.Writes.Clear();
        await ConvergeAsync(World.Guest("new", publish: ["8081:80"]));

        Assert.True(world.Host.Writes.IndexOf("create new") < world.Host.Writes.IndexOf("Remove old"));
    }

    [Fact]
    public async Task A_disk_passes_from_one_guest_to_another_while_both_run()
    {
        DiskSpec data = new() { Path = "/srv/data.img" }, logs = new() { Path = "/srv/logs.img" };
        await ConvergeAsync(World.Guest("a", disks: [data]), World.Guest("b", disks: [logs]));
        await ConvergeAsync(World.Guest("a", disks: [logs]), World.Guest("b", disks: [data]));

        Assert.Equal("/srv/logs.img", Assert.Single(Named("a").Disks).Path);
    }

    [Fact]
    public async Task An_address_and_a_MAC_pass_from_one_guest_to_another()
    {
        AdapterSpec first = World.Adapter("default", mac: "02:00:00:00:00:01", address: "10.118.8.1"), second = World.Adapter("default", mac: "02:00:00:00:00:02", address: "10.118.8.2");
        await ConvergeAsync(World.Guest("a", adapters: [first], publish: ["8080:80"]), World.Guest("b", adapters: [second]));
        await ConvergeAsync(World.Guest("a", adapters: [second], publish: ["8080:80"]), World.Guest("b", adapters: [first]), World.Guest("c", adapters: [World.Adapter("default")]));

        Assert.Equal("10.118.8.2", Assert.Single(Named("a").Adapters).Address);
        Assert.Equal(["8080:80"], PortsOf("a"));
    }

    [Fact]
    public async Task A_network_is_renamed_with_guests_on_it()
    {
        world.Networks.Add(World.Network("back", subnet: "10.7.0.0/24"));
        await ConvergeAsync(World.Guest("a", adapters: [World.Adapter("back")], publish: ["8080:80"]), World.Guest("b", adapters: [World.Adapter("back")]));
        Guid id = Named("a").Id;
        world.Networks.Clear();
        world.Networks.Add(World.Network("rear", subnet: "10.7.0.0/24"));
        await ConvergeAsync(World.Guest("a", adapters: [World.Adapter("rear")], publish: ["8080:80"]));

        Assert.Equal("rear", Assert.Single(Named("a").Adapters).Network);
        Assert.Equal(id, Named("a").Id);
        Assert.DoesNotContain(world.Host.Networks, network => network.Name == "back");
    }

    private Guest Named(string name) => world.Host.Guests.Single(guest => guest.Name == name);

    private IEnumerable<string> PortsOf(string name) => Named(name).Publish.Select(port => port.ToString()).Order(StringComparer.Ordinal);

    /// <summary>One run does all of it.</summary>
    private async Task ConvergeAsync(params GuestSpec[] guests)
    {
        world.Guests.Clear();
        world.Guests.AddRange(guests);
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.All(results, result => Assert.True(result.Error is null, $"{result.Kind} {result.Name}: {result.Error?.Detail}"));
        Assert.All((await world.PlanAsync()).Steps, step => Assert.Equal(PlanAction.NoChange, step.Action));
    }
}
