namespace LightVM.Reconcile.Tests;

/// <summary>A fleet on several hosts: how it is planned and applied, and what becomes of hosts that are lost or leave.</summary>
public sealed class ManyHostsTests
{
    [Fact]
    public async Task Guests_are_spread_and_each_host_gets_one_request_and_the_list_of_all_hosts()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 4);
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.All(results, result => Assert.Equal(ReconcileStatus.Succeeded, result.Status));
        Assert.Equal(["a/web-1", "a/web-3", "b/web-2", "b/web-4"], world.Hosts.Guests);
        foreach (string name in new[] { "a", "b" })
        {
            ModelHost host = world.Hosts[name];
            Assert.Equal(["record quick", "import hello False", $"create {(name == "a" ? "web-1,web-3" : "web-2,web-4")}", "record quick"], host.Writes);
            Fleet record = host.Fleets[World.Fleet];
            Assert.Equal(["a ssh://a web-1,web-3", "b ssh://b web-2,web-4"], record.Hosts.Select(other => $"{other.Name} {other.Address} {string.Join(",", other.Guests)}"));
            Assert.Equal(host.Guests.Select(guest => guest.Id).Order(), record.Guests.Order());
            Assert.Equal((1, 3), (record.Revision, host.Runs.Single().Succeeded));
        }

        world.ClearWrites();
        (FleetPlan plan, results) = await world.ReconcileAsync();
        Assert.False(plan.Plan.HasChanges);
        Assert.All(world.Hosts.All.Values, host => Assert.Empty(host.Writes));
    }

    [Fact]
    public async Task A_host_that_has_another_name_now_keeps_its_guests()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 4);
        await world.ReconcileAsync();
        world.Hosts.All["c"] = world.Hosts["a"].By("c");
        world.Named.RemoveAt(0);
        world.AddHost("c");
        world.ClearWrites();
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.DoesNotContain(plan.Plan.Steps, step => step.Action != PlanAction.NoChange);
        Assert.Equal(["b/web-2", "b/web-4", "c/web-1", "c/web-3"], world.Hosts.Guests.Where(guest => guest[0] != 'a'));
        Assert.Equal(["b", "c"], world.Hosts["c"].Fleets[World.Fleet].Hosts.Select(host => host.Name).Order());
        world.ClearWrites();
        await world.ReconcileAsync();
        Assert.All(world.Hosts.All.Values, host => Assert.Empty(host.Writes));
    }

    [Fact]
    public async Task A_host_that_is_named_twice_is_refused()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 4);
        await world.ReconcileAsync();
        world.Hosts.All["c"] = world.Hosts["a"].By("c");
        world.AddHost("c");
        world.ClearWrites();
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync());
        Assert.Equal((ErrorCodes.InvalidArgument, "c"), (e.Problem.Code, e.Problem.Target));
        Assert.All(world.Hosts.All.Values, host => Assert.Empty(host.Writes));
    }

    [Fact]
    public async Task Leases_are_taken_on_all_hosts_in_the_order_of_their_names_and_none_is_kept_when_one_is_held()
    {
        var world = new ManyWorld("c", "a", "b");
        world.AddGuest("web", replicas: 3);
        var order = new List<string>();
        foreach ((string name, ModelHost host) in world.Hosts.All)
        {
            host.LeaseAsked = _ => order.Add(name);
        }

        world.Hosts["b"].Leases[World.Fleet] = new FleetLease { Fleet = World.Fleet, Id = Guid.NewGuid(), Holder = "pwsh 9" };
        LightVMException locked = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync());
        Assert.Equal(ErrorCodes.FleetLocked, locked.Problem.Code);
        Assert.Empty(world.Hosts["a"].Leases);
        Assert.Empty(world.Hosts.Guests);
        world.Hosts["b"].Leases.Clear();
        order.Clear();
        await world.ReconcileAsync();
        Assert.Equal(["a", "b", "c"], order);
    }

    [Fact]
    public async Task A_host_that_cannot_be_reached_does_not_stop_the_others_and_its_steps_are_blocked()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 4);
        await world.ReconcileAsync();
        world.Hosts["b"].IsUp = false;
        world.Guests[0] = World.Guest("web", replicas: 6);
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(
            [
                ("Host", "b", "b", ReconcileStatus.Blocked), ("Image", "hello", "a", ReconcileStatus.Unchanged), ("Guest", "web-1", "a", ReconcileStatus.Unchanged),
                ("Guest", "web-3", "a", ReconcileStatus.Unchanged), ("Guest", "web-5", "a", ReconcileStatus.Succeeded), ("Guest", "web-6", "a", ReconcileStatus.Succeeded),
                ("Guest", "web-2", "b", ReconcileStatus.Blocked), ("Guest", "web-4", "b", ReconcileStatus.Blocked),
            ],
            results.Select(result => (result.Kind.ToString(), result.Name, result.HostName, result.Status)));
        Assert.All(results.Where(result => result.Status == ReconcileStatus.Blocked), result => Assert.Equal(ErrorCodes.HostUnreachable, result.Error!.Code));
        world.Hosts["b"].IsUp = true;
        await world.ReconcileAsync();
        Assert.Equal(["a/web-1", "a/web-3", "a/web-5", "a/web-6", "b/web-2", "b/web-4"], world.Hosts.Guests);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_host_that_is_lost_on_the_way_does_not_stop_the_others()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 4);
        world.Hosts["b"].FaultAt = (what, _) => what.StartsWith("import", StringComparison.Ordinal) ? Fault.Before : Fault.None;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(["a/web-1", "a/web-3"], world.Hosts.Guests);
        Assert.All(results.Where(result => result.HostName == "b"), result => Assert.NotEqual(ReconcileStatus.Succeeded, result.Status));
        world.Hosts["b"].FaultAt = (_, _) => Fault.None;
        await world.ReconcileAsync();
        Assert.Equal(["a/web-1", "a/web-3", "b/web-2", "b/web-4"], world.Hosts.Guests);
    }

    [Fact]
    public async Task What_an_interrupted_run_may_have_made_on_a_host_is_not_made_elsewhere_when_that_host_is_lost()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 2);
        world.Hosts["b"].FaultAt = (what, _) => what.StartsWith("create", StringComparison.Ordinal) ? Fault.After : Fault.None;
        await world.ReconcileAsync();
        world.Hosts["b"].IsUp = false;
        await world.ReconcileAsync();
        world.Hosts["b"].IsUp = true;
        world.Hosts["b"].FaultAt = (_, _) => Fault.None;
        Assert.Equal(["a/web-1", "b/web-2"], world.Hosts.Guests);
    }

    [Fact]
    public async Task Where_no_host_can_be_reached_it_is_an_error()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web");
        world.Hosts["a"].IsUp = world.Hosts["b"].IsUp = false;
        Assert.Equal(ErrorCodes.HostUnreachable, (await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync())).Problem.Code);
    }

    [Fact]
    public async Task A_host_that_left_the_spec_is_pruned_first_and_forgotten()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 4);
        await world.ReconcileAsync();
        world.ClearWrites();
        world.Named.RemoveAt(1);
        var order = new List<string>();
        foreach (ModelHost host in world.Hosts.All.Values)
        {
            host.FaultAt = (what, _) =>
            {
                order.Add($"{host.HostName}: {what}");
                return Fault.None;
            };
        }

        await world.ReconcileAsync();
        Assert.Equal(
            ["a: record quick", "b: Stop web-2,web-4", "b: Remove web-2,web-4", "a: create web-2,web-4"], order.Take(4));
        Assert.Equal(["a: record quick", "b: forget quick"], order.Skip(4).Order(StringComparer.Ordinal));
        Assert.Equal(["a/web-1", "a/web-2", "a/web-3", "a/web-4"], world.Hosts.Guests);
        Assert.Equal(["a"], world.Hosts["a"].Fleets[World.Fleet].Hosts.Select(host => host.Name));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task One_that_left_and_cannot_be_reached_is_blocked_until_it_is_back()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 2);
        await world.ReconcileAsync();
        world.Named.RemoveAt(1);
        world.Hosts["b"].IsUp = false;
        for (int i = 0; i < 2; i++)
        {
            (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
            Assert.Equal(
                [("Host", "b"), ("Guest", "web-2")],
                results.Where(result => result.Status == ReconcileStatus.Blocked).Select(result => (result.Kind.ToString(), result.Name)));
            Assert.Equal(["a/web-1", "a/web-2", "b/web-2"], world.Hosts.Guests);
        }

        world.Hosts["b"].IsUp = true;
        await world.ReconcileAsync();
        Assert.Equal(["a/web-1", "a/web-2"], world.Hosts.Guests);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task One_that_will_not_be_back_can_be_forgotten()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 2);
        await world.ReconcileAsync();
        world.Named.RemoveAt(1);
        world.Hosts["b"].IsUp = false;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync(new ReconcileOptions { ForgetHosts = ["b"] });
        Assert.DoesNotContain(results, result => result.Status == ReconcileStatus.Blocked);
        Assert.Equal(["a"], world.Hosts["a"].Fleets[World.Fleet].Hosts.Select(host => host.Name));
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_guest_that_is_placed_on_another_host_now_is_made_there_and_then_deleted_here()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", placement: new PlacementSpec { Host = "a" });
        await world.ReconcileAsync();
        world.Guests.Clear();
        world.AddGuest("web", placement: new PlacementSpec { Host = "b" });
        world.Hosts["b"].RefuseCreation = _ => new Problem { Code = ErrorCodes.OutOfMemory, Detail = "full" };
        (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Contains("Delete guest web on a: is placed on b", plan.Plan.Steps.Select(step => step.ToString()));
        Assert.Equal(("is placed on b, and is not there yet", ReconcileStatus.Blocked), (results.Single(result => result.Action == PlanAction.Delete).Reason, results.Single(result => result.Action == PlanAction.Delete).Status));
        Assert.Equal(["a/web"], world.Hosts.Guests);
        world.Hosts["b"].RefuseCreation = _ => null;
        await world.ReconcileAsync();
        Assert.Equal(["b/web"], world.Hosts.Guests);
        Assert.False((await world.PlanAsync()).HasChanges);
    }

    [Fact]
    public async Task A_guest_for_which_there_is_no_room_is_blocked_and_the_others_are_made()
    {
        var world = new ManyWorld();
        world.AddHost("a", capacity: 8 << 20);
        world.AddHost("b", capacity: 4 << 20);
        world.AddImage(World.Manifest("hello"));
        world.AddGuest("web", replicas: 4);
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal(3, world.Hosts.Guests.Count());
        ReconcileResult blocked = Assert.Single(results, result => result.Status == ReconcileStatus.Blocked);
        Assert.Equal(("web-4", "a, b", ErrorCodes.PlacementFailed), (blocked.Name, blocked.HostName, blocked.Error!.Code));
    }

    [Fact]
    public async Task Dependencies_lead_from_host_to_host()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("db", placement: new PlacementSpec { Host = "b" });
        world.AddGuest("web", placement: new PlacementSpec { Host = "a" }, dependsOn: ["db"]);
        world.Hosts["b"].IsBroken = _ => true;
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal("depends on 'db', which is not ready", results.Single(result => result.Name == "web").Reason);
        Assert.Equal(["b/db"], world.Hosts.Guests);
        world.Hosts["b"].IsBroken = _ => false;
        await world.ReconcileAsync();
        Assert.Equal(["a/web", "b/db"], world.Hosts.Guests);
        world.Hosts["b"].IsUp = false;
        world.Guests[1] = World.Guest("web", labels: new() { ["a"] = "b" }, dependsOn: ["db"]);
        (_, results) = await world.ReconcileAsync();
        Assert.Equal("depends on 'db', which is blocked", results.Single(result => result.Name == "web").Reason);
    }

    [Fact]
    public async Task A_rolling_update_goes_over_all_hosts_and_stops_on_all_of_them()
    {
        var world = new ManyWorld("a", "b");
        var update = new UpdateSpec { MinHealthySeconds = 0 };
        world.AddGuest("web", replicas: 4, update: update);
        await world.ReconcileAsync();
        world.ClearWrites();
        string good = world.Hosts["a"].Guests.First().ImageDigest!;
        foreach (ModelHost host in world.Hosts.All.Values)
        {
            host.IsBroken = guest => guest.ImageDigest != good && host.HostName == "b";
        }

        world.AddImage(World.Manifest("hello", content: "bad"));
        (_, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.All(world.Hosts.All.Values.SelectMany(host => host.Guests), guest => Assert.Equal(good, guest.ImageDigest));
        Assert.Equal(
            [("web-1", ReconcileStatus.Reverted), ("web-2", ReconcileStatus.Blocked), ("web-3", ReconcileStatus.Reverted), ("web-4", ReconcileStatus.Blocked)],
            results.Where(result => result.Kind == ResourceKind.Guest).Select(result => (result.Name, result.Status == ReconcileStatus.Failed ? ReconcileStatus.Blocked : result.Status)).OrderBy(result => result.Name));
    }

    [Fact]
    public async Task A_spec_that_names_no_hosts_any_more_is_refused_on_one_of_them()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 2);
        await world.ReconcileAsync();
        world.Named.Clear();
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => new Reconciler(world.Hosts["a"]).PlanAsync(world.Spec));
        Assert.Contains("lives on a, b", error.Message, StringComparison.Ordinal);
        ExportedSpec part = SpecExporter.Export(World.Fleet, await world.Hosts["a"].ObserveAsync(World.Fleet, default), new HashSet<string>());
        Assert.Contains("lives on a, b; this is what it has on a", part.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_saved_plan_holds_for_the_same_hosts_alone()
    {
        var world = new ManyWorld("a", "b");
        world.AddGuest("web", replicas: 2);
        var reconciler = new Reconciler(world.Hosts);
        Plan plan = (await reconciler.PlanAsync(world.Spec)).Plan;
        Assert.Equal("a, b", plan.HostName);
        Assert.Equal(plan.Fingerprint, (await reconciler.PlanAgainAsync(plan, world.Spec)).Plan.Fingerprint);
        world.Hosts["b"].IsUp = false;
        Assert.Equal(ErrorCodes.PlanStale, (await Assert.ThrowsAsync<LightVMException>(() => reconciler.PlanAgainAsync(plan, world.Spec))).Problem.Code);
    }
}
