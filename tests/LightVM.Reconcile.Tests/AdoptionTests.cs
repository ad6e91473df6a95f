namespace LightVM.Reconcile.Tests;

/// <summary>Guests of no fleet that have a name of the spec: taken over when the spec says so, and only then.</summary>
public sealed class AdoptionTests
{
    private readonly World world = new();

    public AdoptionTests()
    {
        world.AddImage(World.Manifest("hello"));
        world.Guests.Add(World.Guest("web", memory: 4 << 20));
    }

    private Guest There => world.Host.Guests.Single(guest => guest.Name == "web");

    [Fact]
    public async Task Never_is_the_default()
    {
        await MakeAsync(fleet: null);
        Assert.Equal(PlanAction.Blocked, (await StepAsync()).Action);
    }

    [Fact]
    public async Task One_that_is_identical_becomes_the_fleets_and_nothing_else_of_it_changes()
    {
        Guest made = await MakeAsync(fleet: null);
        world.Adopt = AdoptPolicy.IfIdentical;
        PlanStep step = await StepAsync();
        Assert.Equal("Update guest web on model: fleet: (none) -> quick (live)", step.ToString());
        await world.ReconcileAsync();
        Assert.Equal((made.Id, World.Fleet, GuestState.Running), (There.Id, There.Fleet, There.State));
        Assert.Contains(made.Id, world.Host.Fleets[World.Fleet].Guests);
        Assert.False((await world.PlanAsync()).HasChanges);
        world.Host.Writes.Clear();
        await world.ReconcileAsync();
        Assert.Empty(world.Host.Writes);
    }

    [Fact]
    public async Task One_that_differs_is_taken_by_always_alone()
    {
        await MakeAsync(fleet: null, memory: 8 << 20);
        world.Adopt = AdoptPolicy.IfIdentical;
        PlanStep step = await StepAsync();
        Assert.Equal((PlanAction.Blocked, ErrorCodes.GuestExists), (step.Action, step.Problem?.Code));
        world.Adopt = AdoptPolicy.Always;
        Assert.Equal(PlanAction.Restart, (await StepAsync()).Action);
        await world.ReconcileAsync();
        Assert.Equal((4 << 20, World.Fleet), ((int)There.Memory, There.Fleet));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Theory]
    [InlineData(AdoptPolicy.IfIdentical)]
    [InlineData(AdoptPolicy.Always)]
    public async Task One_of_another_fleet_is_never_taken(AdoptPolicy adopt)
    {
        await MakeAsync(fleet: "other");
        world.Adopt = adopt;
        Assert.Equal(PlanAction.Blocked, (await StepAsync()).Action);
        await world.ReconcileAsync();
        Assert.Equal("other", There.Fleet);
    }

    private async Task<Guest> MakeAsync(string? fleet, long memory = 4 << 20)
    {
        await world.Host.ImportImageAsync("hello", force: false, default);
        return world.Host.Add(new GuestDefinition { Name = "web", Image = "hello", Memory = memory, Fleet = fleet });
    }

    private async Task<PlanStep> StepAsync() => (await world.PlanAsync()).Steps.Single(step => step.Kind == ResourceKind.Guest);
}
