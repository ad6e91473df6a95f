namespace LightVM.Reconcile.Tests;

/// <summary>Guests that depend on others: when their turn is, and what becomes of them when those are not ready.</summary>
public sealed class DependencyTests
{
    private readonly World world = new();

    public DependencyTests() => world.AddImage(World.Manifest("hello"));

    [Fact]
    public async Task Those_that_others_depend_on_are_made_and_ready_first()
    {
        world.Guests.Add(World.Guest("web", replicas: 2, dependsOn: ["api", "db"]));
        world.Guests.Add(World.Guest("api", dependsOn: ["db"]));
        world.Guests.Add(World.Guest("db"));
        await world.ReconcileAsync();
        Assert.Equal(["import hello False", "create db", "create api", "create web-1,web-2", "record quick"], world.Host.Writes);
        Assert.Equal(["db", "api", "db"], world.Host.Waits);
    }

    [Fact]
    public async Task They_are_left_alone_when_one_does_not_become_ready()
    {
        world.Guests.Add(World.Guest("web", dependsOn: ["db"]));
        world.Guests.Add(World.Guest("else"));
        world.Guests.Add(World.Guest("db"));
        world.Host.IsBroken = guest => guest.Name == "db";
        IReadOnlyList<ReconcileResult> results = (await world.ReconcileAsync()).Results;
        ReconcileResult web = results.Single(result => result.Name == "web");
        Assert.Equal((ReconcileStatus.Blocked, "depends on 'db', which is not ready"), (web.Status, web.Reason));
        Assert.Contains("'db' was not Ready within 60 s.", web.Error!.Detail, StringComparison.Ordinal);
        Assert.Equal(["db", "else"], world.Host.Guests.Select(guest => guest.Name).Order(StringComparer.Ordinal));
        world.Host.IsBroken = _ => false;
        await world.ReconcileAsync();
        Assert.Equal(3, world.Host.Guests.Count);
    }

    [Fact]
    public async Task One_that_could_not_be_made_is_not_waited_for()
    {
        world.Guests.Add(World.Guest("web", dependsOn: ["db"]));
        world.Guests.Add(World.Guest("db"));
        world.Host.RefuseCreation = guest => guest.Name == "db" ? new Problem { Code = ErrorCodes.OutOfMemory, Detail = "full" } : null;
        IReadOnlyList<ReconcileResult> results = (await world.ReconcileAsync()).Results;
        Assert.Empty(world.Host.Waits);
        Assert.Equal(ReconcileStatus.Blocked, results.Single(result => result.Name == "web").Status);
    }

    [Fact]
    public async Task Where_nothing_is_to_be_done_nothing_is_waited_for()
    {
        world.Guests.Add(World.Guest("web", dependsOn: ["db"]));
        world.Guests.Add(World.Guest("db"));
        await world.ReconcileAsync();
        world.Host.Waits.Clear();
        await world.ReconcileAsync();
        Assert.Empty(world.Host.Waits);
    }
}
