namespace LightVM.Reconcile.Tests;

/// <summary>What becomes of networks, and of what is on them.</summary>
public sealed class NetworkPlanTests
{
    private readonly World world = new();

    public NetworkPlanTests()
    {
        world.AddImage(World.Manifest("hello"));
        world.Networks.Add(World.Network("back", subnet: "10.9.0.0/24"));
        world.Guests.Add(World.Guest("web", adapters: [World.Adapter("back")]));
    }

    [Fact]
    public async Task They_are_made_before_the_guests_that_are_put_on_them()
    {
        (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(["Image hello Create", "Network back Create", "Guest web Create"], plan.Plan.Steps.Select(step => $"{step.Kind} {step.Name} {step.Action}"));
        Assert.All(results, result => Assert.Equal(ReconcileStatus.Succeeded, result.Status));
        Assert.Equal(("quick.yaml:4", World.Fleet), (plan.Plan.Steps[1].Source, world.Host.Networks.Single(n => n.Name == "back").Fleet));
        Assert.Equal("back", world.Host.Guests.Single().Adapters.Single().Network);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Flags_and_mtu_change_at_once()
    {
        await world.ReconcileAsync();
        world.Networks[0] = World.Network("back", subnet: "10.9.0.0/24", mtu: 9000, isolated: true);
        (FleetPlan plan, _) = await world.ReconcileAsync();
        PlanStep step = plan.Plan.Steps[1];
        Assert.Equal((PlanAction.Update, "mtu, isolated differs"), (step.Action, step.Reason));
        Assert.Equal(["mtu: 1500 -> 9000", "isolated: false -> true"], step.Changes.Select(change => change.ToString()));
        Assert.Equal("quick.yaml:5", step.Changes[0].Source);
        Assert.Equal(9000, world.Host.Networks.Single(n => n.Name == "back").Mtu);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Trust_on_a_bridge_changes_at_once()
    {
        world.Networks[0] = World.Network("back", bridge: "br0");
        await world.ReconcileAsync();
        Assert.False(world.Host.Networks.Single(n => n.Name == "back").Trusted);
        world.Networks[0] = World.Network("back", bridge: "br0", trusted: true);
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal(PlanAction.Update, plan.Plan.Steps[1].Action);
        Assert.Equal(["trusted: false -> true"], plan.Plan.Steps[1].Changes.Select(change => change.ToString()));
        Assert.True(world.Host.Networks.Single(n => n.Name == "back").Trusted);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task Addresses_change_only_while_nothing_is_on_it()
    {
        await world.ReconcileAsync();
        world.Networks[0] = World.Network("back", subnet: "10.8.0.0/24");
        (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal((PlanAction.Blocked, "subnet differs, and an adapter is on it"), (plan.Plan.Steps[1].Action, plan.Plan.Steps[1].Reason));
        Assert.Equal(ErrorCodes.NetworkInUse, results[1].Error!.Code);
        Assert.Equal(ReconcileStatus.Unchanged, results[2].Status);

        world.Guests.Clear();
        await world.ReconcileAsync();
        (plan, _) = await world.ReconcileAsync();
        Assert.Equal(PlanAction.Replace, plan.Plan.Steps[1].Action);
        Assert.Equal("10.8.0.0/24", world.Host.Networks.Single(n => n.Name == "back").Subnet);
    }

    [Theory]
    [InlineData(null, "is not of any fleet")]
    [InlineData("other", "is of fleet 'other'")]
    public async Task One_of_others_blocks_what_is_to_be_on_it(string? fleet, string why)
    {
        world.Host.AddNetwork("back", new NetworkDefinition { Subnet = "10.9.0.0/24", Fleet = fleet });
        (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Contains(why, plan.Plan.Steps[1].Reason, StringComparison.Ordinal);
        Assert.Equal((ReconcileStatus.Blocked, ErrorCodes.NetworkExists), (results[1].Status, results[1].Error!.Code));
        Assert.Equal((ReconcileStatus.Blocked, "needs network 'back', which is not this fleet's"), (results[2].Status, results[2].Reason));
        Assert.Empty(world.Host.Guests);
    }

    [Fact]
    public async Task One_of_the_host_is_used_without_an_entry()
    {
        world.Networks.Clear();
        world.Host.AddNetwork("back", new NetworkDefinition { Fleet = "other" });
        await world.ReconcileAsync();
        Assert.Equal("back", world.Host.Guests.Single().Adapters.Single().Network);
        Assert.Equal("other", world.Host.Networks.Single(n => n.Name == "back").Fleet);
    }

    [Fact]
    public async Task One_that_is_nowhere_is_a_finding()
    {
        world.Networks[0] = World.Network("bank");
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync());
        Assert.Equal(
            "quick.yaml:8:9: network 'back' is neither under networks: nor on host model (did you mean 'bank'?), expected an entry under networks: with that name, or one of bank, default",
            Assert.Single(e.Findings).ToString());
        Assert.Empty(world.Host.Writes);
    }

    [Fact]
    public async Task What_the_spec_no_longer_names_goes_after_its_guests()
    {
        await world.ReconcileAsync();
        world.Host.AddNetwork("theirs", new NetworkDefinition { Fleet = "other" });
        world.Networks.Clear();
        world.Guests.Clear();
        world.Host.Writes.Clear();
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal(["Guest web Delete", "Network back Delete"], plan.Plan.Steps.Skip(1).Select(step => $"{step.Kind} {step.Name} {step.Action}"));
        Assert.Equal(["Stop web", "Remove web", "remove network back"], world.Host.Writes.Take(3));
        Assert.Equal(["default", "theirs"], world.Host.Networks.Select(n => n.Name).Order());
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task One_that_others_are_on_is_not_deleted()
    {
        await world.ReconcileAsync();
        world.Host.Add(new GuestDefinition { Name = "guest", Image = "hello", Adapters = [new AdapterDefinition { Network = "back" }] });
        world.Networks.Clear();
        world.Guests.Clear();
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal((PlanAction.Blocked, "the spec no longer names it, and guest 'guest' stays on it"), (plan.Plan.Steps[^1].Action, plan.Plan.Steps[^1].Reason));
    }

    [Fact]
    public async Task NoPrune_keeps_them()
    {
        await world.ReconcileAsync();
        world.Networks.Clear();
        world.Guests.Clear();
        (FleetPlan plan, _) = await world.ReconcileAsync(new ReconcileOptions { NoPrune = true });
        Assert.False(plan.Plan.HasChanges);
        Assert.Contains("kept", plan.Plan.Steps[^1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_be_made_blocks_its_guests_alone()
    {
        world.Guests.Add(World.Guest("alone", adapters: []));
        world.Host.FaultAt = (what, _) => what.StartsWith("network", StringComparison.Ordinal) ? throw new LightVMException(ErrorCodes.PoolExhausted, "none free") : Fault.None;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal((ReconcileStatus.Failed, ErrorCodes.PoolExhausted), (results[1].Status, results[1].Error!.Code));
        Assert.Equal((ReconcileStatus.Blocked, "needs network 'back', which could not be made", ErrorCodes.PoolExhausted), (results[2].Status, results[2].Reason, results[2].Error!.Code));
        Assert.Equal(ReconcileStatus.Succeeded, results[3].Status);
    }

    [Fact]
    public async Task A_daemon_without_networks_is_told_only_of_what_it_knows()
    {
        world.Host.KnowsNetworks = false;
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync());
        Assert.Equal(ErrorCodes.FeatureMissing, e.Problem.Code);
        world.Networks.Clear();
        world.Guests[0] = World.Guest("web");
        await world.ReconcileAsync();
        Assert.Single(world.Host.Guests);
    }
}
