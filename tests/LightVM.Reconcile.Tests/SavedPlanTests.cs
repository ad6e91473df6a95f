namespace LightVM.Reconcile.Tests;

/// <summary>A plan that was saved is applied as it was looked at, or not at all.</summary>
public sealed class SavedPlanTests : IDisposable
{
    private const string Head = "{\"fleetName\":\"quick\",\"fingerprint\":\"x\",\"specDigest\":\"x\",\"specPath\":\"quick.yaml\",\"hostName\":\"lab\",\"steps\":";

    private readonly World world = new();
    private readonly string file = Path.Combine(Path.GetTempPath(), $"lightvm-plan-{Guid.NewGuid():n}.json");

    public SavedPlanTests()
    {
        world.AddImage(World.Manifest("hello"));
        world.Guests.Add(World.Guest("web", replicas: 2, restartPolicy: RestartPolicy.Always));
    }

    public void Dispose() => File.Delete(file);

    [Fact]
    public async Task A_plan_that_still_holds_is_found_again()
    {
        Plan saved = await SaveAsync();
        FleetPlan again = await new Reconciler(world.Host).PlanAgainAsync(saved, world.Spec);
        Assert.Equal(saved.Fingerprint, again.Plan.Fingerprint);
        Assert.Equal(saved.Steps.Select(step => step.ToString()), again.Plan.Steps.Select(step => step.ToString()));
    }

    [Fact]
    public async Task All_of_it_is_in_the_file()
    {
        await world.ReconcileAsync();
        world.Guests[0] = World.Guest("web", replicas: 1, memory: 8 << 20);
        Plan plan = (await new Reconciler(world.Host).PlanAsync(world.Spec)).Plan;
        await PlanFile.WriteAsync(file, plan);
        Plan read = await PlanFile.ReadAsync(file);
        Assert.Equal(
            (plan.FleetName, plan.HostName, plan.SpecPath, plan.SpecDigest, plan.NoPrune, plan.HasChanges),
            (read.FleetName, read.HostName, read.SpecPath, read.SpecDigest, read.NoPrune, read.HasChanges));
        Assert.Equal(plan.Steps.Select(step => (step.ToString(), step.Source)), read.Steps.Select(step => (step.ToString(), step.Source)));
        Assert.All(read.Steps, step => Assert.Same(read, step.Plan));
    }

    [Fact]
    public async Task A_host_that_has_moved_makes_it_stale_and_the_error_says_what_has()
    {
        await world.ReconcileAsync();
        Plan saved = await SaveAsync();
        world.Host.SetState("web-2", GuestState.Stopped);
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => new Reconciler(world.Host).PlanAgainAsync(saved, world.Spec));
        Assert.Equal(ErrorCodes.PlanStale, error.Problem.Code);
        Assert.Contains("Restart guest web-2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_was_altered_is_not_applied()
    {
        await world.ReconcileAsync();
        world.Guests.Clear();
        world.Guests.Add(World.Guest("api", restartPolicy: RestartPolicy.Always));
        await SaveAsync();
        string text = await File.ReadAllTextAsync(file);
        Assert.Contains("\"delete\"", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text.Replace("\"delete\"", "\"noChange\"", StringComparison.Ordinal));
        Plan altered = await PlanFile.ReadAsync(file);
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => new Reconciler(world.Host).PlanAgainAsync(altered, world.Spec));
        Assert.Equal(ErrorCodes.PlanInvalid, error.Problem.Code);
        Assert.Equal(2, world.Host.Guests.Count);
    }

    [Fact]
    public async Task A_spec_that_has_changed_makes_it_stale()
    {
        Plan saved = await SaveAsync();
        world.Guests[0] = World.Guest("web", replicas: 3);
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => new Reconciler(world.Host).PlanAgainAsync(saved, world.Spec));
        Assert.Equal(ErrorCodes.PlanStale, error.Problem.Code);
        Assert.Contains("quick.yaml has changed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"fleetName\":\"quick\"")]
    [InlineData("not a plan")]
    [InlineData(Head + "null}")]
    [InlineData(Head + "[null]}")]
    [InlineData(Head + "[{\"kind\":\"guest\",\"name\":null,\"hostName\":\"lab\",\"action\":\"create\"}]}")]
    [InlineData(Head + "[{\"kind\":\"guest\",\"name\":\"a\",\"hostName\":\"lab\",\"action\":\"create\",\"changes\":null}]}")]
    [InlineData(Head + "[{\"kind\":\"guest\",\"name\":\"a\",\"hostName\":\"lab\",\"action\":\"create\",\"changes\":[null]}]}")]
    [InlineData("{\"fleetName\":\"quick\",\"fingerprint\":\"x\",\"specDigest\":\"x\",\"specPath\":null,\"hostName\":\"lab\",\"steps\":[]}")]
    public async Task What_is_no_plan_is_refused(string text)
    {
        await File.WriteAllTextAsync(file, text);
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => PlanFile.ReadAsync(file));
        Assert.Equal(ErrorCodes.PlanInvalid, error.Problem.Code);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_an_error_of_its_own()
    {
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => PlanFile.ReadAsync(file));
        Assert.Equal((ErrorCodes.PlanNotFound, file), (error.Problem.Code, error.Problem.Target));
    }

    [Theory]
    [InlineData("/nowhere/plan.json")]
    [InlineData("/proc/plan.json")]
    [InlineData("/")]
    public async Task A_plan_that_cannot_be_saved_says_where(string path)
    {
        Plan plan = (await new Reconciler(world.Host).PlanAsync(world.Spec)).Plan;
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => PlanFile.WriteAsync(path, plan));
        Assert.Equal((ErrorCodes.AccessDenied, path), (error.Problem.Code, error.Problem.Target));
    }

    private async Task<Plan> SaveAsync()
    {
        await PlanFile.WriteAsync(file, (await new Reconciler(world.Host).PlanAsync(world.Spec)).Plan);
        return await PlanFile.ReadAsync(file);
    }
}
