namespace LightVM.Reconcile.Tests;

/// <summary>Two runs of one fleet never overlap: a run holds the fleet's lease from before its first change until its end.</summary>
public sealed class LeaseTests
{
    private readonly World world = new();

    public LeaseTests()
    {
        world.AddImage(World.Manifest("hello"));
        world.Guests.Add(World.Guest("web", replicas: 2));
    }

    [Fact]
    public async Task It_is_taken_before_the_first_change_and_given_up_after_the_last()
    {
        var order = new List<string>();
        world.Host.LeaseAsked = _ => order.Add("lease");
        world.Host.FaultAt = (what, _) =>
        {
            order.Add(what.Split(' ')[0]);
            Assert.Single(world.Host.Leases);
            return Fault.None;
        };
        await world.ReconcileAsync();
        Assert.Equal(["lease", "import", "create", "record"], order);
        Assert.Equal(["take quick", "release quick"], world.Host.LeaseRequests);
        Assert.Empty(world.Host.Leases);
    }

    [Fact]
    public async Task A_run_with_nothing_to_do_asks_for_none()
    {
        await world.ReconcileAsync();
        world.Host.LeaseRequests.Clear();
        await world.ReconcileAsync();
        Assert.Empty(world.Host.LeaseRequests);
    }

    [Fact]
    public async Task A_second_run_is_refused_and_does_nothing()
    {
        world.Host.Leases[World.Fleet] = new FleetLease { Fleet = World.Fleet, Id = Guid.NewGuid(), Holder = "pwsh 7" };
        LightVMException refused = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync());
        Assert.Equal(ErrorCodes.FleetLocked, refused.Problem.Code);
        Assert.Contains("pwsh 7", refused.Message, StringComparison.Ordinal);
        Assert.Empty(world.Host.Writes);
        Assert.Single(world.Host.Leases);
    }

    [Fact]
    public async Task It_is_given_up_by_a_run_that_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        world.Host.FaultAt = (_, _) =>
        {
            stop.Cancel();
            return Fault.None;
        };
        var reconciler = new Reconciler(world.Host);
        FleetPlan plan = await reconciler.PlanAsync(world.Spec);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reconciler.ApplyAsync(plan, cancellationToken: stop.Token));
        Assert.Empty(world.Host.Leases);
    }

    [Fact]
    public async Task A_plan_that_another_run_has_overtaken_is_stale()
    {
        var reconciler = new Reconciler(world.Host);
        FleetPlan plan = await reconciler.PlanAsync(world.Spec);
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        LightVMException stale = await Assert.ThrowsAsync<LightVMException>(() => reconciler.ApplyAsync(plan));
        Assert.Equal(ErrorCodes.PlanStale, stale.Problem.Code);
        Assert.Contains("at revision 1", stale.Message, StringComparison.Ordinal);
        Assert.Empty(world.Host.Writes);
        Assert.Empty(world.Host.Leases);
    }

    [Fact]
    public async Task A_run_whose_lease_another_one_has_ends()
    {
        world.Host.LeaseAsked = fleet =>
        {
            // As after a pause in which it ran out: somebody else has it before the first renewal.
            if (world.Host.LeaseRequests.Count == 1)
            {
                world.Host.Leases[fleet] = new FleetLease { Fleet = fleet, Id = Guid.NewGuid(), Holder = "pwsh 8" };
            }
        };
        world.Host.ImportWaits = token => Task.Delay(TimeSpan.FromMinutes(1), token); // which only a renewal that is refused ends
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync(new ReconcileOptions { LeaseDuration = TimeSpan.FromMilliseconds(30) }));
        Assert.Equal(ErrorCodes.LeaseLost, error.Problem.Code);
        Assert.Contains("pwsh 8", error.Message, StringComparison.Ordinal);
        Assert.Equal("pwsh 8", Assert.Single(world.Host.Leases).Value.Holder);
        Assert.DoesNotContain("record quick", world.Host.Writes);
    }

    [Fact]
    public async Task A_host_that_knows_no_leases_is_changed_as_before()
    {
        world.Host.KnowsLeases = false;
        await world.ReconcileAsync();
        Assert.Equal(2, world.Host.Guests.Count);
        Assert.DoesNotContain("release quick", world.Host.LeaseRequests);
    }

    [Fact]
    public async Task Of_runs_at_the_same_time_one_does_all_and_the_others_nothing()
    {
        for (int round = 0; round < 50; round++)
        {
            var one = new World();
            one.AddImage(World.Manifest("hello"));
            one.Guests.Add(World.Guest("web", replicas: 3));
            FleetPlan[] plans = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new Reconciler(one.Host).PlanAsync(one.Spec)));
            string?[] ends = await Task.WhenAll(plans.Select(plan => Task.Run(async () =>
            {
                try
                {
                    await new Reconciler(one.Host).ApplyAsync(plan);
                    return null;
                }
                catch (LightVMException e)
                {
                    return e.Problem.Code;
                }
            })));
            Assert.Single(ends, (string?)null);
            Assert.All(ends.Where(end => end is not null), end => Assert.True(end is ErrorCodes.FleetLocked or ErrorCodes.PlanStale, end));
            Assert.Equal(["import hello False", "create web-1,web-2,web-3", "record quick"], one.Host.Writes);
        }
    }
}
