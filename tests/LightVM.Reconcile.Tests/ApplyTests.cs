namespace LightVM.Reconcile.Tests;

/// <summary>How a plan is applied: what is asked of the host, in which order, and what becomes of failures.</summary>
public sealed class ApplyTests
{
    private readonly World world = new();

    public ApplyTests() => world.AddImage(World.Manifest("hello"));

    [Fact]
    public async Task The_first_run_is_three_requests_and_the_second_none()
    {
        world.Guests.Add(World.Guest("web", replicas: 1000));
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(3, world.Host.Writes.Count);
        Assert.Equal(["import hello False", "record quick"], [world.Host.Writes[0], world.Host.Writes[2]]);
        Assert.Equal(1001, results.Count);
        Assert.All(results, result => Assert.Equal(ReconcileStatus.Succeeded, result.Status));
        world.Host.Writes.Clear();
        (FleetPlan plan, results) = await world.ReconcileAsync();
        Assert.False(plan.Plan.HasChanges);
        Assert.All(results, result => Assert.Equal((PlanAction.NoChange, ReconcileStatus.Unchanged), (result.Action, result.Status)));
        Assert.Empty(world.Host.Writes);
    }

    [Fact]
    public async Task An_empty_fleet_is_recorded_once()
    {
        world.Guests.Add(World.Guest("web", replicas: 0));
        await world.ReconcileAsync();
        Assert.Equal(["import hello False", "record quick"], world.Host.Writes);
        await world.ReconcileAsync();
        Assert.Equal(2, world.Host.Writes.Count);
    }

    [Fact]
    public async Task A_spec_without_guests_deletes_none_unless_it_may()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        world.Guests.Clear();
        var e = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync(new ReconcileOptions()));
        Assert.Equal(ErrorCodes.SpecEmpty, e.Problem.Code);
        Assert.Contains("has 3 on model", e.Problem.Detail);
        Assert.Empty(world.Host.Writes);
        await world.ReconcileAsync(new ReconcileOptions { NoPrune = true });
        Assert.Equal(3, world.Host.Guests.Count);
        await world.ReconcileAsync(new ReconcileOptions { AllowEmpty = true });
        Assert.Empty(world.Host.Guests);
        await world.ReconcileAsync(new ReconcileOptions());
    }

    [Fact]
    public async Task A_restart_asks_then_changes_then_starts()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        world.Guests[0] = World.Guest("web", memory: 8 << 20, labels: new() { ["a"] = "b" });
        await world.ReconcileAsync();
        Assert.Equal(["Stop web", "change web", "Start web", "record quick"], world.Host.Writes);
        Guest guest = world.Host.Guests.Single();
        Assert.Equal((8 << 20, "b", GuestState.Running), ((int)guest.Memory, guest.Labels["a"], guest.State));
    }

    [Fact]
    public async Task A_live_change_stops_nothing()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        await world.ReconcileAsync();
        world.Host.Writes.Clear();
        world.Guests[0] = World.Guest("web", replicas: 3, restartPolicy: RestartPolicy.Always);
        await world.ReconcileAsync();
        Assert.Equal(["change web-1", "change web-2", "change web-3", "record quick"], world.Host.Writes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_guest_that_does_not_obey_is_not_killed_for_a_change()
    {
        world.Guests.Add(World.Guest("web", replicas: 2));
        await world.ReconcileAsync();
        world.Host.Stubborn.Add("web-1");
        world.Guests[0] = World.Guest("web", replicas: 2, vcpus: 2);
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        ReconcileResult stuck = results.Single(result => result.Name == "web-1");
        Assert.Equal((ReconcileStatus.Failed, ErrorCodes.StopTimeout), (stuck.Status, stuck.Error!.Code));
        Assert.Contains("30 s", stuck.Error.Detail, StringComparison.Ordinal);
        Assert.Equal(ReconcileStatus.Succeeded, results.Single(result => result.Name == "web-2").Status);
        Assert.Equal(GuestState.Running, world.Host.Guests.Single(guest => guest.Name == "web-1").State);
        Assert.NotEqual(world.Spec.Digest, world.Host.Fleets[World.Fleet].SpecDigest);
    }

    [Fact]
    public async Task A_change_that_is_refused_leaves_the_guest_running_as_it_was()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", vcpus: 2);
        FleetPlan plan = await new Reconciler(world.Host).PlanAsync(world.Spec);
        await world.Host.ChangeGuestAsync(world.Host.Guests.Single().Id, new GuestChange { OnCrash = CrashAction.Dump }, 1, default);
        IReadOnlyList<ReconcileResult> results = await new Reconciler(world.Host).ApplyAsync(plan);
        Assert.Equal(ErrorCodes.RevisionConflict, results[^1].Error!.Code);
        Assert.Equal(GuestState.Running, world.Host.Guests.Single().State);
    }

    [Fact]
    public async Task Deletion_asks_in_one_request_and_removes_in_one()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        await world.ReconcileAsync();
        world.Host.Stubborn.Add("web-2");
        world.Host.SetState("web-3", GuestState.Paused);
        world.Host.Writes.Clear();
        world.Guests.Clear();
        await world.ReconcileAsync();
        Assert.Equal(["Stop web-1,web-2", "Remove web-1,web-2,web-3", "record quick"], world.Host.Writes);
        Assert.Empty(world.Host.Guests);
    }

    [Fact]
    public async Task One_failure_does_not_stop_the_others()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        world.Host.RefuseCreation = guest => guest.Name == "web-2" ? new Problem { Code = ErrorCodes.OutOfMemory, Detail = "full" } : null;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(
            [ReconcileStatus.Succeeded, ReconcileStatus.Succeeded, ReconcileStatus.Failed, ReconcileStatus.Succeeded], results.Select(result => result.Status));
        Assert.Equal(ErrorCodes.OutOfMemory, results[2].Error!.Code);
        Assert.Equal("", world.Host.Fleets[World.Fleet].SpecDigest);
        world.Host.RefuseCreation = _ => null;
        await world.ReconcileAsync();
        Assert.Equal(world.Spec.Digest, world.Host.Fleets[World.Fleet].SpecDigest);
    }

    [Fact]
    public async Task Guests_wait_for_an_image_that_did_not_come()
    {
        world.Host.Directories["hello"] = World.Manifest("hello", content: "other");
        world.Host.AddImage(World.Manifest("hello", content: "old"));
        world.Host.AddImage(World.Manifest("noop"));
        world.Guests.Add(World.Guest("web"));
        world.Guests.Add(World.Guest("else", image: "noop"));
        world.Host.FaultAt = (what, _) => what.StartsWith("import", StringComparison.Ordinal) ? throw new LightVMException(ErrorCodes.ImageInvalid, "bad") : Fault.None;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal([ReconcileStatus.Failed, ReconcileStatus.Blocked, ReconcileStatus.Succeeded], results.Select(result => result.Status));
        Assert.Equal(("needs image 'hello', which could not be imported", ErrorCodes.ImageInvalid), (results[1].Reason, results[1].Error!.Code));
    }

    [Fact]
    public async Task A_lost_host_blocks_the_rest_at_once()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        world.Host.FaultAt = (_, number) => number == 1 ? Fault.Before : Fault.None;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Single(world.Host.Writes);
        Assert.Equal(ReconcileStatus.Failed, results[0].Status);
        Assert.All(results.Skip(1), result => Assert.Equal((ReconcileStatus.Blocked, ErrorCodes.HostUnreachable), (result.Status, result.Error!.Code)));
    }

    [Fact]
    public async Task Only_approved_steps_are_taken()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        var reconciler = new Reconciler(world.Host);
        FleetPlan plan = await reconciler.PlanAsync(world.Spec);
        IReadOnlyList<ReconcileResult> results = await reconciler.ApplyAsync(plan, new HashSet<PlanStep> { plan.Plan.Steps[0], plan.Plan.Steps[2] });
        Assert.Equal(["hello", "web-2"], results.Select(result => result.Name));
        Assert.Equal(["web-2"], world.Host.Guests.Select(guest => guest.Name));
    }

    [Fact]
    public async Task A_stopped_run_says_so_and_the_next_one_ends_it()
    {
        world.Guests.Add(World.Guest("web", replicas: 3));
        using var stop = new CancellationTokenSource();
        world.Host.FaultAt = (what, _) =>
        {
            stop.Cancel();
            return Fault.None;
        };
        var reconciler = new Reconciler(world.Host);
        FleetPlan plan = await reconciler.PlanAsync(world.Spec);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reconciler.ApplyAsync(plan, cancellationToken: stop.Token));
        Assert.Single(world.Host.Writes);
        await world.ReconcileAsync();
        Assert.Equal(3, world.Host.Guests.Count);
    }
}
