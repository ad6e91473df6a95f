namespace LightVM.Reconcile.Tests;

/// <summary>Guests that have to be stopped for a change, some at a time; and what becomes of it when one is broken.</summary>
public sealed class RollingUpdateTests
{
    private static readonly UpdateSpec OneByOne = new() { MinHealthySeconds = 0 };
    private readonly World world = new();

    public RollingUpdateTests() => world.AddImage(World.Manifest("hello", content: "good"));

    [Fact]
    public async Task One_is_changed_when_the_one_before_is_ready()
    {
        await StartAsync(3, OneByOne);
        await UpdateAsync();
        Assert.Equal(
            ["import hello True", "Stop web-1", "change web-1", "Start web-1", "Stop web-2", "change web-2", "Start web-2", "Stop web-3", "change web-3", "Start web-3", "record quick"],
            world.Host.Writes);
        Assert.Equal(["web-1", "web-1", "web-2", "web-1,web-2", "web-3"], world.Host.Waits);
    }

    [Fact]
    public async Task So_many_are_away_at_once_as_may_be()
    {
        UpdateSpec two = OneByOne with { MaxUnavailable = 2 };
        await StartAsync(5, two);
        await UpdateAsync();
        Assert.Equal([2, 2, 1], world.Host.Writes.Where(write => write.StartsWith("Stop", StringComparison.Ordinal)).Chunk(2).Select(chunk => chunk.Length));
        Assert.Contains("web-1,web-2", world.Host.Waits);
        Assert.Contains("web-1,web-2,web-3,web-4", world.Host.Waits);
    }

    [Fact]
    public async Task Those_that_do_not_run_come_first()
    {
        await StartAsync(3, OneByOne);
        world.Host.SetState("web-3", GuestState.Crashed);
        await UpdateAsync();
        Assert.Equal("Start web-3", world.Host.Writes.First(write => write.StartsWith("Start", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_broken_first_one_goes_back_and_the_others_are_not_touched()
    {
        await StartAsync(4, OneByOne);
        string good = world.Host.Guests.First().ImageDigest!;
        world.Host.IsBroken = guest => guest.ImageDigest != good;
        IReadOnlyList<ReconcileResult> results = await UpdateAsync();
        Assert.All(world.Host.Guests, guest => Assert.Equal((good, GuestState.Running), (guest.ImageDigest, guest.State)));
        Assert.DoesNotContain(world.Host.Writes, write => write.EndsWith("web-2", StringComparison.Ordinal));
        ReconcileResult[] guests = [.. results.Where(result => result.Kind == ResourceKind.Guest)];
        Assert.Equal([ReconcileStatus.Failed, ReconcileStatus.Blocked, ReconcileStatus.Blocked, ReconcileStatus.Blocked], guests.Select(result => result.Status));
        Assert.Equal((ErrorCodes.UpdateFailed, "'web-1' was not Ready within 60 s. It is what it was before, and ready."), (guests[0].Error!.Code, guests[0].Error!.Detail));
        Assert.Equal("the rolling update of 'web' has stopped", guests[1].Reason);
    }

    [Fact]
    public async Task Those_before_a_broken_one_go_back_too()
    {
        await StartAsync(4, OneByOne);
        string good = world.Host.Guests.First().ImageDigest!;
        world.Host.IsBroken = guest => guest.ImageDigest != good && guest.Name == "web-3";
        IReadOnlyList<ReconcileResult> results = await UpdateAsync();
        Assert.All(world.Host.Guests, guest => Assert.Equal((good, GuestState.Running), (guest.ImageDigest, guest.State)));
        Assert.Equal(
            [ReconcileStatus.Reverted, ReconcileStatus.Reverted, ReconcileStatus.Failed, ReconcileStatus.Blocked],
            results.Where(result => result.Kind == ResourceKind.Guest).Select(result => result.Status));
    }

    [Fact]
    public async Task Without_autoRevert_it_stops_and_leaves_what_is_done()
    {
        UpdateSpec stays = OneByOne with { AutoRevert = false };
        await StartAsync(3, stays);
        string good = world.Host.Guests.First().ImageDigest!;
        world.Host.IsBroken = guest => guest.ImageDigest != good;
        await UpdateAsync();
        Assert.Equal(1, world.Host.Guests.Count(guest => guest.ImageDigest != good));
        world.Host.Writes.Clear();
        IReadOnlyList<ReconcileResult> again = (await world.ReconcileAsync()).Results;
        Assert.DoesNotContain(world.Host.Writes, write => write.StartsWith("Stop", StringComparison.Ordinal));
        Assert.Contains("another of its guests is not ready", again.First(result => result.Status == ReconcileStatus.Blocked).Error!.Detail, StringComparison.Ordinal);
        world.Host.IsBroken = _ => false;
        await world.ReconcileAsync();
        Assert.DoesNotContain(world.Host.Guests, guest => guest.ImageDigest == good);
    }

    [Fact]
    public async Task One_that_does_not_stop_is_not_taken_back_for_it()
    {
        await StartAsync(2, OneByOne);
        world.Host.Stubborn.Add("web-1");
        IReadOnlyList<ReconcileResult> results = await UpdateAsync();
        Assert.Equal(ErrorCodes.StopTimeout, results.First(result => result.Name == "web-1").Error!.Code);
        Assert.Equal(["import hello True", "Stop web-1", "record quick"], world.Host.Writes);
    }

    [Fact]
    public async Task A_lost_host_ends_it_without_a_way_back()
    {
        await StartAsync(3, OneByOne);
        world.Host.FaultAt = (what, _) => what == "Start web-1" ? Fault.Before : Fault.None;
        IReadOnlyList<ReconcileResult> results = await UpdateAsync();
        Assert.Equal("Start web-1", world.Host.Writes.Last(write => !write.StartsWith("record", StringComparison.Ordinal)));
        Assert.All(results.Where(result => result.Kind == ResourceKind.Guest), result => Assert.NotEqual(ReconcileStatus.Succeeded, result.Status));
    }

    [Fact]
    public async Task Changes_that_need_no_stop_go_to_all_at_once()
    {
        await StartAsync(3, OneByOne);
        world.Guests[0] = World.Guest("web", replicas: 3, update: OneByOne, labels: new() { ["a"] = "b" });
        await world.ReconcileAsync();
        Assert.Empty(world.Host.Waits);
    }

    [Fact]
    public async Task Another_probe_goes_to_one_after_the_other_and_is_taken_back_where_it_fails()
    {
        await StartAsync(3, OneByOne);
        world.Host.IsBroken = guest => guest.Probes is not null && guest.Name == "web-2";
        world.Guests[0] = World.Guest("web", replicas: 3, update: OneByOne, probes: new GuestProbes { Ready = new Probe { Console = "up" } });
        IReadOnlyList<ReconcileResult> results = (await world.ReconcileAsync()).Results;
        Assert.Equal([ReconcileStatus.Reverted, ReconcileStatus.Failed, ReconcileStatus.Blocked], results.Where(result => result.Kind == ResourceKind.Guest).Select(result => result.Status));
        Assert.All(world.Host.Guests, guest => Assert.Null(guest.Probes));
        Assert.DoesNotContain(world.Host.Writes, write => write.StartsWith("Stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_step_is_told_of_once_however_it_ends()
    {
        await StartAsync(4, OneByOne);
        string good = world.Host.Guests.First().ImageDigest!;
        world.Host.IsBroken = guest => guest.ImageDigest != good && guest.Name == "web-3";
        world.AddImage(World.Manifest("hello", content: "new"));
        var told = new List<string>();
        var reconciler = new Reconciler(world.Host);
        await reconciler.ApplyAsync(await reconciler.PlanAsync(world.Spec), progress: new Told(told));
        Assert.Equal(told.Distinct(), told);
    }

    [Fact]
    public async Task A_guest_whose_change_has_begun_runs_again_when_the_run_is_stopped()
    {
        await StartAsync(3, OneByOne);
        using var stop = new CancellationTokenSource();
        world.Host.FaultAt = (what, _) =>
        {
            if (what == "Stop web-2")
            {
                stop.Cancel();
            }

            return Fault.None;
        };
        world.AddImage(World.Manifest("hello", content: "new"));
        var reconciler = new Reconciler(world.Host);
        FleetPlan plan = await reconciler.PlanAsync(world.Spec);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reconciler.ApplyAsync(plan, cancellationToken: stop.Token));
        Assert.Contains("Start web-2", world.Host.Writes);
        Assert.DoesNotContain("Stop web-3", world.Host.Writes);
        Assert.All(world.Host.Guests, guest => Assert.Equal(GuestState.Running, guest.State));
    }

    private sealed class Told(List<string> names) : IProgress<ReconcileEvent>
    {
        public void Report(ReconcileEvent value)
        {
            if (value.Result is { Kind: ResourceKind.Guest } result)
            {
                names.Add(result.Name);
            }
        }
    }

    private async Task StartAsync(int replicas, UpdateSpec update)
    {
        world.Guests.Add(World.Guest("web", replicas: replicas, update: update));
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        world.Host.Waits.Clear();
    }

    private async Task<IReadOnlyList<ReconcileResult>> UpdateAsync()
    {
        world.AddImage(World.Manifest("hello", content: "new"));
        return (await world.ReconcileAsync()).Results;
    }
}
