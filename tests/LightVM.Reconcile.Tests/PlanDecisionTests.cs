namespace LightVM.Reconcile.Tests;

/// <summary>What the plan decides on: one row of the table in docs/spec.md after the other.</summary>
public sealed class PlanDecisionTests
{
    private readonly World world = new();

    public PlanDecisionTests()
    {
        world.AddImage(World.Manifest("hello", commandLine: "quiet"));
        world.Host.AddImage(World.Manifest("hello", commandLine: "quiet"));
    }

    [Fact]
    public async Task Nothing_there_is_created_images_first()
    {
        world.AddImage(World.Manifest("noop"));
        world.Guests.Add(World.Guest("web", replicas: 2));
        Plan plan = await world.PlanAsync();
        Assert.Equal(
            ["Image hello NoChange", "Image noop Create", "Guest web-1 Create", "Guest web-2 Create"],
            plan.Steps.Select(step => $"{step.Kind} {step.Name} {step.Action}"));
        Assert.True(plan.HasChanges);
        Assert.All(plan.Steps, step => Assert.Same(plan, step.Plan));
        Assert.Equal("quick.yaml:7", plan.Steps[2].Source);
        Assert.Equal("Create guest web-1 on model: is not on the host", plan.Steps[2].ToString());
    }

    [Theory]
    [InlineData("same", PlanAction.NoChange, null)]
    [InlineData("labels", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("labelGone", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("restartPolicy", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("onCrash", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("deletionPolicy", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("affinity", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("memory", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("vcpus", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("cpuPool", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("commandLine", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("type", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("arguments", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("environment.MODE", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("files", PlanAction.Restart, ChangeEffect.Restart)]
    [InlineData("publish", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("adapters[0]", PlanAction.Update, ChangeEffect.Live)]
    [InlineData("disks[0]", PlanAction.Update, ChangeEffect.Live)]
    public async Task Each_property_costs_what_it_must(string what, PlanAction action, ChangeEffect? effect)
    {
        world.Guests.Add(World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1"));
        await world.ReconcileAsync();
        world.Guests[0] = what switch
        {
            "labels" => World.Guest("web", labels: new() { ["tier"] = "back" }, affinity: "0-1"),
            "labelGone" => World.Guest("web", affinity: "0-1"),
            "restartPolicy" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", restartPolicy: RestartPolicy.Always),
            "onCrash" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", onCrash: CrashAction.Preserve),
            "deletionPolicy" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", deletionPolicy: DeletionPolicy.Save),
            "affinity" => World.Guest("web", labels: new() { ["tier"] = "front" }),
            "memory" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", memory: 8 << 20),
            "vcpus" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", vcpus: 2),
            "cpuPool" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", cpuPool: 1),
            "commandLine" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", commandLine: "loud"),
            "type" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", type: GuestType.Pvh),
            "arguments" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", arguments: ["-v"]),
            "environment.MODE" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", environment: new() { ["MODE"] = "x" }),
            "files" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", files: new() { ["/a"] = "x" }),
            "publish" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", publish: ["8080:80"]),
            "adapters[0]" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", adapters: [World.Adapter("default")]),
            "disks[0]" => World.Guest("web", labels: new() { ["tier"] = "front" }, affinity: "0-1", disks: [new DiskSpec { Path = "/srv/a.img" }]),
            _ => world.Guests[0],
        };
        PlanStep step = (await world.PlanAsync()).Steps[^1];
        Assert.Equal(action, step.Action);
        if (effect is null)
        {
            Assert.Empty(step.Changes);
            Assert.Equal("", step.Reason);
            return;
        }

        PropertyChange change = Assert.Single(step.Changes);
        Assert.Equal(effect, change.Effect);
        Assert.StartsWith(what.StartsWith("label", StringComparison.Ordinal) ? "labels.tier" : what, change.Path, StringComparison.Ordinal);
        Assert.NotEqual(change.From, change.To);
        Assert.StartsWith("quick.yaml:", change.Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_says_from_what_to_what_and_where_it_is_asked_for()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", memory: 8 << 20);
        PropertyChange change = (await world.PlanAsync()).Steps[^1].Changes[0];
        Assert.Equal(("memory", "4MB", "8MB", "quick.yaml:9"), (change.Path, change.From, change.To, change.Source));
    }

    [Theory]
    [InlineData(GuestState.Running, PlanAction.NoChange, "")]
    [InlineData(GuestState.Starting, PlanAction.NoChange, "")]
    [InlineData(GuestState.Stopped, PlanAction.Restart, "is Stopped")]
    [InlineData(GuestState.Crashed, PlanAction.Restart, "is Crashed")]
    [InlineData(GuestState.Paused, PlanAction.Update, "is Paused")]
    [InlineData(GuestState.Saved, PlanAction.Blocked, "is Saved: starting it would lose what was saved")]
    public async Task A_guest_of_the_spec_is_to_run(GuestState state, PlanAction action, string reason)
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        world.Host.SetState("web", state);
        PlanStep step = (await world.PlanAsync()).Steps[^1];
        Assert.Equal((action, reason), (step.Action, step.Reason));
    }

    [Fact]
    public async Task Another_image_replaces_in_place()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        Guest before = world.Host.Guests.Single();
        world.AddImage(World.Manifest("hello", content: "2", commandLine: "quiet"));
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal(["Update", "Replace"], plan.Plan.Steps.Select(step => step.Action.ToString()));
        Guest after = world.Host.Guests.Single();
        Assert.Equal((before.Id, GuestState.Running, world.Images[0].Digest), (after.Id, after.State, after.ImageDigest));
        Assert.NotEqual(before.ImageDigest, after.ImageDigest);
    }

    [Theory]
    [InlineData(null, "is not of any fleet")]
    [InlineData("other", "is of fleet 'other'")]
    public async Task A_guest_of_others_blocks_and_is_not_touched(string? fleet, string why)
    {
        Guest theirs = world.Host.Add(new GuestDefinition { Name = "web-1", Image = "hello", Memory = 64 << 20, Fleet = fleet, Labels = new() { ["tier"] = "front" } });
        world.Guests.Add(World.Guest("web", replicas: 2, labels: new() { ["tier"] = "front" }));
        (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();
        Assert.Equal([PlanAction.NoChange, PlanAction.Blocked, PlanAction.Create], plan.Plan.Steps.Select(step => step.Action));
        Assert.Contains(why, plan.Plan.Steps[1].Reason, StringComparison.Ordinal);
        Assert.Equal((ReconcileStatus.Blocked, ErrorCodes.GuestExists), (results[1].Status, results[1].Error!.Code));
        Assert.Same(theirs, world.Host.Guests.Single(guest => guest.Name == "web-1"));
        Assert.DoesNotContain(theirs.Id, world.Host.Fleets[World.Fleet].Guests);
    }

    [Fact]
    public async Task What_the_spec_no_longer_names_is_deleted_and_nothing_else()
    {
        world.Guests.Add(World.Guest("web", replicas: 3, labels: new() { ["tier"] = "front" }));
        await world.ReconcileAsync();
        Guest theirs = world.Host.Add(new GuestDefinition { Name = "web-9", Image = "hello", Labels = new() { ["tier"] = "front" } });
        world.Guests[0] = World.Guest("web", replicas: 1, labels: new() { ["tier"] = "front" });
        (FleetPlan plan, _) = await world.ReconcileAsync();
        Assert.Equal(["web-2", "web-3"], plan.Plan.Steps.Where(step => step.Action == PlanAction.Delete).Select(step => step.Name));
        Assert.Equal(["web-1", "web-9"], world.Host.Guests.Select(guest => guest.Name).Order());
        Assert.DoesNotContain(theirs.Id, world.Host.Fleets[World.Fleet].Guests);
    }

    [Fact]
    public async Task NoPrune_keeps_them_and_a_later_run_deletes_them()
    {
        world.Guests.Add(World.Guest("web", replicas: 2));
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", replicas: 1);
        (FleetPlan plan, _) = await world.ReconcileAsync(new ReconcileOptions { NoPrune = true });
        Assert.False(plan.Plan.HasChanges);
        Assert.Contains("kept", plan.Plan.Steps[^1].Reason, StringComparison.Ordinal);
        Assert.Equal(2, world.Host.Fleets[World.Fleet].Guests.Count);
        await world.ReconcileAsync();
        Assert.Equal(["web-1"], world.Host.Guests.Select(guest => guest.Name));
    }

    [Fact]
    public async Task The_recorded_inventory_counts_where_a_guest_carries_no_fleet()
    {
        Guest recorded = world.Host.Add(new GuestDefinition { Name = "old", Image = "hello" });
        world.Host.SetRecord(new Fleet { Name = World.Fleet, Guests = [recorded.Id, Guid.NewGuid()] });
        PlanStep step = (await world.PlanAsync()).Steps[^1];
        Assert.Equal(("old", PlanAction.Delete), (step.Name, step.Action));
    }

    [Fact]
    public async Task The_inventory_does_not_count_against_another_fleet()
    {
        Guest moved = world.Host.Add(new GuestDefinition { Name = "old", Image = "hello", Fleet = "other" });
        world.Host.SetRecord(new Fleet { Name = World.Fleet, Guests = [moved.Id] });
        Assert.DoesNotContain((await world.PlanAsync()).Steps, step => step.Name == "old");
    }

    [Fact]
    public async Task An_image_of_the_host_serves_too()
    {
        world.Host.AddImage(World.Manifest("noop"));
        world.Guests.Add(World.Guest("web", image: "noop"));
        await world.ReconcileAsync();
        Assert.Equal("noop", world.Host.Guests.Single().Image);
    }

    [Fact]
    public async Task An_image_that_is_nowhere_is_a_finding_and_nothing_is_done()
    {
        world.Guests.Add(World.Guest("web", image: "hallo"));
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => world.ReconcileAsync());
        Assert.Equal(
            "quick.yaml:7:5: image 'hallo' is neither under images: nor on host model (did you mean 'hello'?), expected an entry under images: with that name, or one of hello",
            Assert.Single(e.Findings).ToString());
        Assert.Empty(world.Host.Writes);
    }

    [Fact]
    public async Task The_fingerprint_moves_with_what_was_decided_on_and_with_nothing_else()
    {
        world.Guests.Add(World.Guest("web"));
        await world.ReconcileAsync();
        string first = (await world.PlanAsync()).Fingerprint;
        Assert.Equal(first, (await world.PlanAsync()).Fingerprint);
        world.Host.Add(new GuestDefinition { Name = "else", Image = "hello" });
        Assert.Equal(first, (await world.PlanAsync()).Fingerprint);
        world.Host.SetState("web", GuestState.Stopped);
        Assert.NotEqual(first, (await world.PlanAsync()).Fingerprint);
    }
}
