namespace LightVM.Reconcile.Tests;

/// <summary>Ports of entries with replicas, probes and drains: what the host is told of them.</summary>
public sealed class SharedPortTests
{
    private readonly World world = new();

    public SharedPortTests() => world.AddImage(World.Manifest("hello", network: true));

    [Fact]
    public async Task Guests_with_numbers_share_their_port_and_are_drained()
    {
        world.Guests.Add(World.Guest("web", replicas: 2, publish: ["8080:80"]));
        world.Guests.Add(World.Guest("one", publish: ["8081:80"]));
        await world.ReconcileAsync();
        Assert.All(world.Host.Guests.Where(guest => guest.Name != "one"), guest => Assert.Equal(("8080:80@quick/web", 10), (guest.Publish.Single().ToString(), guest.DrainSeconds)));
        Guest one = world.Host.Guests.Single(guest => guest.Name == "one");
        Assert.Equal(("8081:80", 0), (one.Publish.Single().ToString(), one.DrainSeconds));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Probes_and_drains_change_live_and_say_what_differs()
    {
        world.Guests.Add(World.Guest("web", replicas: 2, publish: ["8080:80"]));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest(
            "web", replicas: 2, publish: ["8080:80"], probes: new GuestProbes { Ready = new Probe { Http = 80, Path = "/health" } }, update: new UpdateSpec { DrainSeconds = 3 });
        Plan plan = await world.PlanAsync();
        PlanStep step = plan.Steps.First(step => step.Name == "web-1");
        Assert.Equal(PlanAction.Update, step.Action);
        Assert.Equal(
            ["probes.ready: - > http 80/health, every 5 s after 0, 1 s each, fails at 3, passes at 1", "update.drainSeconds: 10 > 3"],
            step.Changes.Select(change => $"{change.Path}: {change.From ?? "-"} > {change.To ?? "-"}"));
        await world.ReconcileAsync();
        Assert.False((await world.PlanAsync()).HasChanges);
        world.Guests[0] = World.Guest("web", replicas: 2, publish: ["8080:80"]);
        await world.ReconcileAsync();
        Assert.All(world.Host.Guests, guest => Assert.Null(guest.Probes));
    }
}
