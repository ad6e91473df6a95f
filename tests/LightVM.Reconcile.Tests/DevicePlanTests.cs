namespace LightVM.Reconcile.Tests;

/// <summary>What becomes of adapters, disks and published ports of a guest that is there.</summary>
public sealed class DevicePlanTests
{
    private readonly World world = new();

    public DevicePlanTests()
    {
        world.AddImage(World.Manifest("hello"));
        world.AddImage(World.Manifest("http", network: true));
        world.Networks.Add(World.Network("back", subnet: "10.9.0.0/24"));
    }

    [Fact]
    public async Task An_image_that_asks_for_a_network_gives_one_on_default()
    {
        world.Guests.Add(World.Guest("web", image: "http"));
        await world.ReconcileAsync();
        Assert.Equal("default", world.Host.Guests.Single().Adapters.Single().Network);
        Assert.False((await world.PlanAsync()).HasChanges);
        world.Guests[0] = World.Guest("web", image: "http", adapters: []);
        PlanStep step = (await world.ReconcileAsync()).Plan.Plan.Steps[^1];
        Assert.StartsWith("adapters: default 10.118.0.1 02:", Assert.Single(step.Changes).ToString(), StringComparison.Ordinal);
        Assert.Empty(world.Host.Guests.Single().Adapters);
    }

    [Fact]
    public async Task Another_address_is_another_adapter_while_it_runs()
    {
        world.Guests.Add(World.Guest("web", adapters: [World.Adapter("back", address: "10.9.0.5"), World.Adapter("default")]));
        await world.ReconcileAsync();
        Adapter kept = world.Host.Guests.Single().Adapters[1];
        world.Host.Writes.Clear();
        world.Guests[0] = World.Guest("web", adapters: [World.Adapter("back", address: "10.9.0.6"), World.Adapter("default")]);
        PlanStep step = (await world.ReconcileAsync()).Plan.Plan.Steps[^1];
        PropertyChange change = Assert.Single(step.Changes);
        Assert.Equal((PlanAction.Update, "adapters[0]", "back 10.9.0.6", "removed and added while it runs"), (step.Action, change.Path, change.To, change.Reason));
        Assert.StartsWith("back 10.9.0.5 02:", change.From, StringComparison.Ordinal);
        Assert.Equal(["remove adapter web 0", "add adapter web back", "record quick"], world.Host.Writes);
        Guest guest = world.Host.Guests.Single();
        Assert.Same(kept, guest.Adapters.Single(adapter => adapter.Id == 1));
        Assert.Equal("10.9.0.6", guest.Adapters.Single(adapter => adapter.Id == 0).Address);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task More_disks_than_a_running_guest_has_room_for_come_at_its_start()
    {
        DiskSpec[] Disks(int count) => [.. Enumerable.Range(0, count).Select(disk => new DiskSpec { Path = $"/srv/{disk}.img" })];
        world.Guests.Add(World.Guest("web", disks: Disks(1)));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", disks: Disks(4));
        Assert.Equal(PlanAction.Update, (await world.ReconcileAsync()).Plan.Plan.Steps[^1].Action);
        world.Guests[0] = World.Guest("web", disks: Disks(5));
        PlanStep step = (await world.ReconcileAsync()).Plan.Plan.Steps[^1];
        Assert.Equal(("disks[4]", ChangeEffect.Restart), (Assert.Single(step.Changes).Path, step.Changes[0].Effect));
        Assert.Equal("taken at the guest's start: while it runs it has room for 0 more", step.Changes[0].Reason);
        Assert.Equal(PlanAction.Restart, step.Action);
        Assert.Equal(5, world.Host.Guests.Single().Disks.Count);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_rate_limit_is_set_in_place()
    {
        world.Guests.Add(World.Guest("web", adapters: [World.Adapter("back")]));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", adapters: [World.Adapter("back", rate: 10 << 20)]);
        PlanStep step = (await world.ReconcileAsync()).Plan.Plan.Steps[^1];
        Assert.Equal("adapters[0].rateLimit: (none) -> 10MB/s", Assert.Single(step.Changes).ToString());
        Assert.Contains("change adapter web 0", world.Host.Writes);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task One_that_takes_any_address_does_not_take_the_one_of_another()
    {
        world.Guests.Add(World.Guest("web", adapters: [World.Adapter("back"), World.Adapter("back", address: "10.9.0.5")]));
        await world.ReconcileAsync();
        world.Host.SetDevices("web", adapters: [new AdapterDefinition { Network = "back", Address = "10.9.0.5" }, new AdapterDefinition { Network = "back" }]);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Disks_are_known_by_their_path()
    {
        world.Guests.Add(World.Guest("db", disks: [new DiskSpec { Path = "/srv/a.img", Size = 1 << 30 }, new DiskSpec { Path = "/srv/b.img" }]));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("db", disks: [new DiskSpec { Path = "/srv/b.img", ReadOnly = true }, new DiskSpec { Path = "/srv/c.img" }]);
        PlanStep step = (await world.ReconcileAsync()).Plan.Plan.Steps[^1];
        Assert.Equal(
            ["disks[0]: /srv/b.img -> /srv/b.img (read-only)", "disks[1]: (none) -> /srv/c.img", "disks: /srv/a.img -> (none)"],
            step.Changes.Select(change => change.ToString()));
        Assert.Equal(["/srv/b.img", "/srv/c.img"], world.Host.Guests.Single().Disks.Select(disk => disk.Path).Order());
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Ports_are_published_after_the_adapter_that_they_lead_to()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        world.Guests[0] = World.Guest("web", adapters: [World.Adapter("back")], publish: ["8080:80"], labels: new() { ["tier"] = "front" });
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(ReconcileStatus.Succeeded, results[^1].Status);
        Assert.Equal(["change web", "add adapter web back", "change web", "record quick"], world.Host.Writes);
        Assert.Equal("8080:80", Assert.Single(world.Host.Guests.Single().Publish).ToString());
    }

    [Theory]
    [InlineData("8080:80", "8080:80")]
    [InlineData("8081:80", "8081:80")]
    [InlineData(null, "")]
    public async Task An_adapter_that_ports_lead_to_is_replaced_without_them(string? then, string published)
    {
        world.Networks.Add(World.Network("front", subnet: "10.10.0.0/24"));
        world.Guests.Add(World.Guest("web", adapters: [World.Adapter("back")], publish: ["8080:80"]));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", adapters: [World.Adapter("front")], publish: then is null ? [] : [then]);
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(ReconcileStatus.Succeeded, results[^1].Status);
        Assert.Equal("front", Assert.Single(world.Host.Guests.Single().Adapters).Network);
        Assert.Equal(published, string.Join(' ', world.Host.Guests.Single().Publish));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task What_needs_a_stop_takes_the_devices_along()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        world.Guests[0] = World.Guest("web", adapters: [World.Adapter("back")], arguments: ["-v"]);
        PlanStep step = (await world.ReconcileAsync()).Plan.Plan.Steps[^1];
        Assert.Equal(PlanAction.Restart, step.Action);
        Assert.Equal(["Stop web", "change web", "add adapter web back", "Start web", "record quick"], world.Host.Writes);
    }

    [Fact]
    public async Task A_device_that_cannot_be_added_leaves_the_guest_running()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", disks: [new DiskSpec { Path = "/srv/a.img" }], memory: 8 << 20);
        world.Host.FaultAt = (what, _) => what.StartsWith("add disk", StringComparison.Ordinal) ? throw new LightVMException(ErrorCodes.DiskInUse, "in use") : Fault.None;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal((ReconcileStatus.Failed, ErrorCodes.DiskInUse), (results[^1].Status, results[^1].Error!.Code));
        Assert.Equal(GuestState.Running, world.Host.Guests.Single().State);
    }

    [Fact]
    public async Task Files_of_the_same_names_and_other_content_differ()
    {
        world.Guests.Add(World.Guest("web", files: new() { ["/index.html"] = "a" }));
        await world.ReconcileAsync();
        Assert.False((await world.PlanAsync()).HasChanges);
        world.Guests[0] = World.Guest("web", files: new() { ["/index.html"] = "b" });
        PropertyChange change = Assert.Single((await world.PlanAsync()).Steps[^1].Changes);
        Assert.Equal("files", change.Path);
        Assert.StartsWith("/index.html (sha256:", change.From, StringComparison.Ordinal);
        Assert.NotEqual(change.From, change.To);
        await world.ReconcileAsync();
        Assert.False((await world.PlanAsync()).HasChanges);
    }
}
