namespace LightVM.Reconcile.Tests;

/// <summary>What becomes of the shell pool.</summary>
public sealed class PoolPlanTests
{
    private readonly World world = new();

    public PoolPlanTests()
    {
        world.AddImage(World.Manifest("hello"));
        world.Pool.Add(World.Shells("hello", 8));
    }

    [Fact]
    public async Task It_is_set_after_the_guests()
    {
        world.Guests.Add(World.Guest("web"));
        (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(["Image hello Create", "Guest web Create", "Pool hello-4MB Create"], plan.Plan.Steps.Select(step => $"{step.Kind} {step.Name} {step.Action}"));
        Assert.All(results, result => Assert.Equal(ReconcileStatus.Succeeded, result.Status));
        Assert.Equal("quick.yaml:11", plan.Plan.Steps[^1].Source);
        PoolFlavour there = Assert.Single(world.Host.Pool);
        Assert.Equal(("hello", 4L << 20, 1, 0, 8, World.Fleet), (there.Image, there.Memory, there.VCpuCount, there.Devices, there.Wanted, there.Fleet));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_count_changes_at_once()
    {
        await world.ReconcileAsync();
        world.Pool[0] = World.Shells("hello", 3);
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal((PlanAction.Update, "count differs"), (plan.Plan.Steps[^1].Action, plan.Plan.Steps[^1].Reason));
        Assert.Equal(["count: 8 -> 3"], plan.Plan.Steps[^1].Changes.Select(change => change.ToString()));
        Assert.Equal(3, Assert.Single(world.Host.Pool).Wanted);
    }

    [Fact]
    public async Task Another_kind_is_another_flavour_and_the_old_one_goes()
    {
        await world.ReconcileAsync();
        world.Pool[0] = World.Shells("hello", 8, memory: 8 << 20, vcpus: 2, devices: 1);
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal(["hello-8MB-2cpus-1devices Create", "hello-4MB Delete"], plan.Plan.Steps.Where(step => step.Kind == ResourceKind.Pool).Select(step => $"{step.Name} {step.Action}"));
        Assert.Equal(8 << 20, Assert.Single(world.Host.Pool).Memory);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task What_the_spec_no_longer_names_goes_unless_it_is_to_be_kept()
    {
        await world.ReconcileAsync();
        world.Pool.Clear();
        Plan kept = await world.PlanAsync(new ReconcileOptions { NoPrune = true });
        Assert.False(kept.HasChanges);
        await world.ReconcileAsync();
        Assert.Empty(world.Host.Pool);
    }

    [Fact]
    public async Task What_others_keep_there_is_not_touched()
    {
        world.Host.Pool.Add(new PoolFlavour { Image = "hello", Memory = 4 << 20, Wanted = 2 });
        world.Host.Pool.Add(new PoolFlavour { Image = "other", Memory = 4 << 20, Wanted = 2, Fleet = "shop" });
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal((ReconcileStatus.Blocked, ErrorCodes.InvalidState), (results[^1].Status, results[^1].Error!.Code));
        Assert.Equal([2, 2], world.Host.Pool.Select(flavour => flavour.Wanted));
    }

    [Fact]
    public async Task The_default_of_devices_is_what_the_image_brings_along()
    {
        world.AddImage(World.Manifest("web", network: true));
        world.Pool.Add(World.Shells("web", 1));
        await world.ReconcileAsync();
        Assert.Equal(1, world.Host.Pool.Single(flavour => flavour.Image == "web").Devices);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task An_image_that_is_nowhere_is_a_finding_and_a_daemon_without_a_pool_an_error()
    {
        world.Pool.Add(World.Shells("helo", 1));
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => world.PlanAsync());
        Assert.Equal(ErrorCodes.SpecInvalid, e.Problem.Code);
        Assert.Contains("did you mean 'hello'", e.Message, StringComparison.Ordinal);
        world.Pool.RemoveAt(1);
        world.Host.KnowsPool = false;
        e = await Assert.ThrowsAsync<LightVMException>(() => world.PlanAsync());
        Assert.Equal(ErrorCodes.FeatureMissing, e.Problem.Code);
    }
}
