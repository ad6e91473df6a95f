namespace LightVM.Reconcile.Tests;

/// <summary>What becomes of a guest that its spec no longer names: what the spec last said of that.</summary>
public sealed class DeletionPolicyTests
{
    private readonly World world = new();

    public DeletionPolicyTests() => world.AddImage(World.Manifest("hello"));

    [Fact]
    public async Task Delete_is_the_default()
    {
        await ForgetAsync(DeletionPolicy.Delete, GuestState.Running);
        Assert.Equal(["Stop web", "Remove web", "record quick"], world.Host.Writes);
        Assert.Empty(world.Host.Guests);
    }

    [Theory]
    [InlineData(GuestState.Running)]
    [InlineData(GuestState.Paused)]
    [InlineData(GuestState.Stopped)]
    public async Task Keep_leaves_it_as_it_is_and_of_no_fleet(GuestState state)
    {
        (FleetPlan plan, _) = await ForgetAsync(DeletionPolicy.Keep, state);
        Assert.Equal(["change web", "record quick"], world.Host.Writes);
        Guest guest = Assert.Single(world.Host.Guests);
        Assert.Equal((state, null), (guest.State, guest.Fleet));
        PlanStep step = plan.Plan.Steps[^1];
        Assert.Equal((PlanAction.Update, "the spec no longer names it; its deletionPolicy is keep"), (step.Action, step.Reason));
        Assert.Equal("fleet: quick -> (none)", Assert.Single(step.Changes).ToString());
        Assert.Empty(world.Host.Fleets[World.Fleet].Guests);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Save_saves_one_that_runs()
    {
        (FleetPlan plan, _) = await ForgetAsync(DeletionPolicy.Save, GuestState.Running);
        Assert.Equal(["save web", "change web", "record quick"], world.Host.Writes);
        Guest guest = Assert.Single(world.Host.Guests);
        Assert.Equal((GuestState.Saved, null), (guest.State, guest.Fleet));
        Assert.Equal(["fleet: quick -> (none)", "state: running -> saved"], plan.Plan.Steps[^1].Changes.Select(change => change.ToString()));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Theory]
    [InlineData(GuestState.Stopped)]
    [InlineData(GuestState.Saved)]
    [InlineData(GuestState.Paused)]
    public async Task Save_leaves_one_that_does_not_run_as_it_is(GuestState state)
    {
        await ForgetAsync(DeletionPolicy.Save, state);
        Assert.Equal(["change web", "record quick"], world.Host.Writes);
        Assert.Equal(state, Assert.Single(world.Host.Guests).State);
    }

    [Fact]
    public async Task One_that_cannot_be_saved_stays_the_fleets_and_runs()
    {
        world.Host.Stubborn.Add("web");
        (_, IReadOnlyList<ReconcileResult> results) = await ForgetAsync(DeletionPolicy.Save, GuestState.Running);
        Assert.Equal((ReconcileStatus.Failed, ErrorCodes.InvalidState), (results[^1].Status, results[^1].Error?.Code));
        Guest guest = Assert.Single(world.Host.Guests);
        Assert.Equal((GuestState.Running, World.Fleet), (guest.State, guest.Fleet));
        Assert.Equal([guest.Id], world.Host.Fleets[World.Fleet].Guests);
        Assert.True((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task The_spec_that_names_it_again_does_not_touch_it_unless_it_adopts()
    {
        await ForgetAsync(DeletionPolicy.Keep, GuestState.Running);
        world.Guests.Add(World.Guest("web", deletionPolicy: DeletionPolicy.Keep));
        Assert.Equal(PlanAction.Blocked, (await world.PlanAsync()).Steps[^1].Action);
        world.Adopt = AdoptPolicy.IfIdentical;
        await world.ReconcileAsync();
        Assert.Equal(World.Fleet, Assert.Single(world.Host.Guests).Fleet);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_network_that_it_stays_on_stays_too()
    {
        world.Networks.Add(World.Network("back"));
        world.Guests.Add(World.Guest("web", adapters: [World.Adapter("back")], deletionPolicy: DeletionPolicy.Keep));
        await world.ReconcileAsync();
        world.Guests.Clear();
        world.Networks.Clear();
        (FleetPlan plan, _) = await world.ReconcileAsync();
        PlanStep step = plan.Plan.Steps.Single(step => step.Kind == ResourceKind.Network);
        Assert.Equal((PlanAction.Blocked, ErrorCodes.NetworkInUse), (step.Action, step.Problem?.Code));
        Assert.Contains(world.Host.Networks, network => network.Name == "back");
    }

    [Fact]
    public async Task No_prune_keeps_it_the_fleets()
    {
        world.Guests.Add(World.Guest("web", deletionPolicy: DeletionPolicy.Keep));
        await world.ReconcileAsync();
        world.Guests.Clear();
        Assert.Equal(PlanAction.NoChange, (await world.PlanAsync(new ReconcileOptions { NoPrune = true })).Steps[^1].Action);
    }

    [Fact]
    public async Task Interrupted_between_save_and_release_it_goes_on()
    {
        world.Guests.Add(World.Guest("web", deletionPolicy: DeletionPolicy.Save));
        await world.ReconcileAsync();
        world.Guests.Clear();
        world.Host.FaultAt = (what, _) => what == "save web" ? Fault.After : Fault.None;
        try
        {
            await world.ReconcileAsync();
        }
        catch (LightVMException)
        {
            // The host was lost.
        }

        Assert.Equal(GuestState.Saved, Assert.Single(world.Host.Guests).State);
        await world.ReconcileAsync();
        Assert.Null(Assert.Single(world.Host.Guests).Fleet);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    private async Task<(FleetPlan Plan, IReadOnlyList<ReconcileResult> Results)> ForgetAsync(DeletionPolicy policy, GuestState state)
    {
        world.Guests.Add(World.Guest("web", deletionPolicy: policy));
        await world.ReconcileAsync();
        world.Guests.Clear();
        world.Host.SetState("web", state);
        world.Host.Writes.Clear();
        return await world.ReconcileAsync();
    }
}
