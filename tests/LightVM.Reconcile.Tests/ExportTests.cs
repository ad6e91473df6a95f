namespace LightVM.Reconcile.Tests;

/// <summary>A fleet that is written as a spec, read again and planned, needs no change.</summary>
public sealed class ExportTests : IDisposable
{
    private static readonly IReadOnlySet<string> Nobody = new HashSet<string>();
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-export-").FullName;

    public static TheoryData<int> Seeds => [1, 2, 3];

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Of_random_fleets_a_plan_changes_nothing(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 200; i++)
        {
            var world = new World();
            ConvergenceTests.Randomize(world, random);
            world.Guests.RemoveAll(guest => guest.Files.Count > 0 || guest.Disks.Any(disk => !disk.ReadOnly) || guest.Publish.Count > 0);
            await world.ReconcileAsync();
            ExportedSpec exported = await ExportAsync(world, Nobody);
            Assert.Empty(exported.Warnings);
            Plan plan = await PlanAsync(world, exported);
            Assert.True(plan.Steps.All(step => step.Action == PlanAction.NoChange), $"seed {seed}, case {i}: {string.Join("; ", plan.Steps)}\n{exported.Text}");
        }
    }

    [Theory]
    [InlineData("фронт 🎈", "\"фронт 🎈\"")] // not two escapes of \u: that is no YAML
    [InlineData("\u00a0\u200b\u2028\U000E0001", "\"\\u00A0\\u200B\\u2028\\U000E0001\"")]
    [InlineData("it's \"q\" \\u0041 $(x) # no", "\"it's \\\"q\\\" \\\\u0041 $(x) # no\"")]
    public async Task Texts_are_read_as_they_were_whatever_is_in_them(string value, string written)
    {
        World world = Small();
        world.Guests.Add(World.Guest("odd", labels: new() { ["a"] = value }));
        await world.ReconcileAsync();
        ExportedSpec exported = await ExportAsync(world, Nobody);
        Assert.Contains($"{{ \"a\": {written} }}", exported.Text, StringComparison.Ordinal);
        Assert.All((await PlanAsync(world, exported)).Steps, step => Assert.Equal(PlanAction.NoChange, step.Action));
    }

    [Fact]
    public async Task Guests_that_differ_by_their_number_alone_are_replicas()
    {
        World world = Small();
        world.Guests.Add(World.Guest("web", replicas: 3));
        world.Guests.Add(World.Guest("db-2", labels: new() { ["a: b"] = "yes", ["c"] = "quote \" and ü" }));
        await world.ReconcileAsync();
        string text = (await ExportAsync(world, Nobody)).Text;
        Assert.Equal(
            """
            apiVersion: lightvm/v1
            kind: Fleet
            metadata: { name: quick }
            guests:
              - name: db-2
                image: hello
                memory: 4MB
                labels: { "a: b": "yes", "c": "quote \" and ü" }
                adapters: []
              - name: web
                replicas: 3
                image: hello
                memory: 4MB
                adapters: []

            """,
            text);
    }

    [Fact]
    public async Task Guests_of_no_fleet_are_adopted()
    {
        World world = Small();
        await world.Host.ImportImageAsync("hello", force: false, default);
        world.Host.Add(new GuestDefinition { Name = "mine", Image = "hello", Memory = 4 << 20 });
        world.Host.Add(new GuestDefinition { Name = "theirs", Image = "hello", Memory = 4 << 20, Fleet = "other" });
        ExportedSpec exported = await ExportAsync(world, new HashSet<string> { "mine", "theirs" });
        PlanStep step = (await PlanAsync(world, exported)).Steps.Single();
        Assert.Equal("Update guest mine on model: fleet: (none) -> quick (live)", step.ToString());
    }

    [Fact]
    public async Task What_a_spec_cannot_say_is_a_warning()
    {
        World world = Small();
        world.Guests.Add(World.Guest("web", files: new() { ["/motd"] = "hi" }));
        world.Guests.Add(World.Guest("db"));
        await world.ReconcileAsync();
        world.Host.SetState("db", GuestState.Stopped);
        ExportedSpec exported = await ExportAsync(world, Nobody);
        Assert.Equal(2, exported.Warnings.Count);
        Assert.Contains("'db' is Stopped", exported.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("/motd", exported.Warnings[1], StringComparison.Ordinal);
    }

    private static World Small()
    {
        var world = new World();
        world.AddImage(World.Manifest("hello"));
        return world;
    }

    private static async Task<ExportedSpec> ExportAsync(World world, IReadOnlySet<string> adopt) =>
        SpecExporter.Export(World.Fleet, await world.Host.ObserveAsync(World.Fleet, default), adopt);

    private async Task<Plan> PlanAsync(World world, ExportedSpec exported)
    {
        string path = Path.Combine(directory, "exported.yaml");
        await File.WriteAllTextAsync(path, exported.Text);
        return (await new Reconciler(world.Host).PlanAsync(await SpecLoader.LoadAsync(path))).Plan;
    }
}
