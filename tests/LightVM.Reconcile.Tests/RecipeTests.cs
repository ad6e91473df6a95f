namespace LightVM.Reconcile.Tests;

/// <summary>Images of recipes: built before a plan is made, and only where nothing has built them yet.</summary>
public sealed class RecipeTests : IDisposable
{
    private const string Nginx = "packages: [nginx]\ncommand: nginx -g \"daemon off;\"\nports: [80]\n";
    private readonly Samples samples = new();
    private readonly ModelHost host = new();
    private readonly ModelBuilder builder;
    private string guests = "[{ name: web, image: web, replicas: 2 }]";

    public RecipeTests() => builder = new ModelBuilder(samples);

    public void Dispose() => samples.Dispose();

    [Fact]
    public async Task One_is_built_and_imported_and_then_there()
    {
        FleetSpec spec = await LoadAsync(Nginx);
        Assert.Null(spec.Images[0].Manifest);
        Assert.Empty(builder.Builds);

        await ApplyAsync(await BuiltAsync(spec));
        Assert.Equal(["web"], builder.Builds);
        Assert.Equal(spec.Images[0].Digest, host.Images["web"].Digest);
        Assert.Equal(["web-1", "web-2"], host.Guests.Select(guest => guest.Name).Order(StringComparer.Ordinal));

        // Looked up: whoever only validates has it too.
        FleetSpec again = await LoadAsync("# the same\n" + Nginx);
        Assert.Equal(spec.Images[0].Digest, again.Images[0].Digest);
        Assert.False((await PlanAsync(await BuiltAsync(again))).HasChanges);
        Assert.Single(builder.Builds);
    }

    [Fact]
    public async Task A_recipe_in_the_spec_is_one_too()
    {
        string path = samples.Write("inline.yaml", Fleet($"{{ paths: [images/hello], command: /app/hello, user: 'www-data:www-data', minimumMemory: 32MB, environment: {{ A: b }} }}"));
        FleetSpec spec = await SpecLoader.LoadAsync(path, "inline.yaml", builder: builder);
        RecipeSpec recipe = spec.Images[0].Recipe!;
        Assert.Equal([Path.Combine(samples.Directory, "images/hello")], recipe.Paths);
        Assert.Equal(("www-data:www-data", 32L << 20, "b", "inline.yaml:4"), (recipe.User, recipe.MinimumMemory, recipe.Environment["A"], recipe.ToString()));
        await BuiltAsync(spec);
        Assert.Equal(["web"], builder.Builds);
    }

    [Fact]
    public async Task A_changed_recipe_replaces_the_image_and_the_guests_that_run_it()
    {
        await ApplyAsync(await BuiltAsync(await LoadAsync(Nginx)));
        FleetSpec changed = await BuiltAsync(await LoadAsync(Nginx + "user: nobody\n"));
        Plan plan = await PlanAsync(changed);
        Assert.Equal([PlanAction.Update, PlanAction.Replace, PlanAction.Replace], plan.Steps.Select(step => step.Action));
        Assert.Equal("spec.yaml:4", plan.Steps[0].Changes.Single().Source);
        await ApplyAsync(changed);
        Assert.All(host.Guests, guest => Assert.Equal(changed.Images[0].Digest, guest.ImageDigest));
    }

    [Fact]
    public async Task A_saved_plan_is_stale_when_another_image_is_built()
    {
        Plan saved = await PlanAsync(await BuiltAsync(await LoadAsync(Nginx)));
        Assert.Equal(saved.Fingerprint, (await new Reconciler(host).PlanAgainAsync(saved, await BuiltAsync(await LoadAsync(Nginx)))).Plan.Fingerprint);
        FleetSpec other = await BuiltAsync(await LoadAsync(Nginx + "user: nobody\n"));
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => new Reconciler(host).PlanAgainAsync(saved, other));
        Assert.Equal(ErrorCodes.PlanStale, error.Problem.Code);
        Assert.Contains("an image", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Going_back_neither_builds_nor_reads_one()
    {
        FleetSpec first = await BuiltAsync(await LoadAsync(Nginx));
        await ApplyAsync(first);
        await ApplyAsync(await BuiltAsync(await LoadAsync(Nginx + "user: nobody\n")));
        samples.Write("web.recipe.yaml", "no recipe any more");
        FleetRevision run = host.Runs[0].As("quick", 1, DateTimeOffset.UnixEpoch, "uid:0");
        FleetSpec back = await RevisionLoader.LoadAsync(run, (digest, _) => Task.FromResult(digest == first.Images[0].Digest ? first.Images[0].Manifest! : throw new InvalidOperationException()));
        await ApplyAsync(back);
        Assert.All(host.Guests, guest => Assert.Equal(first.Images[0].Digest, guest.ImageDigest));
        Assert.Equal(2, builder.Builds.Count);
    }

    [Fact]
    public async Task Where_nothing_builds_images_each_recipe_is_a_finding()
    {
        samples.Write("web.recipe.yaml", Recipe("comand: nginx"));
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(samples.Write("spec.yaml", Fleet("web.recipe.yaml")), "spec.yaml"));
        Assert.StartsWith("spec.yaml:4:31: image 'web' is to be built of a recipe, and here images are not built, expected ", error.Findings[0].ToString(), StringComparison.Ordinal);
        Assert.Contains("Build-TinyxImage", error.Findings[0].Expected, StringComparison.Ordinal);
        Assert.Contains(error.Findings, finding => finding.File == "web.recipe.yaml" && finding.Line == 3);
    }

    [Theory]
    [InlineData("nginx", "web.recipe.yaml:3:12: image 'web': Debian has no package for this, expected look it up with apt-cache search")]
    [InlineData("other", "web.recipe.yaml:1:1: image 'web': Debian has no package for this, expected look it up with apt-cache search")]
    public async Task What_the_recipe_is_to_blame_for_is_a_finding_in_it(string target, string finding)
    {
        builder.Refuse = _ => new Problem { Code = ErrorCodes.InvalidArgument, Detail = "Debian has no package for this.", Target = target, Recommendation = "Look it up with apt-cache search." };
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(async () => await BuiltAsync(await LoadAsync(Nginx)));
        Assert.Equal((ErrorCodes.SpecInvalid, finding), (error.Problem.Code, Assert.Single(error.Findings).ToString()));
    }

    [Fact]
    public async Task What_else_keeps_one_from_being_built_is_said_of_the_image()
    {
        builder.Refuse = _ => new Problem { Code = ErrorCodes.DiskFull, Detail = "There is no space left.", Recommendation = "Free some." };
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(async () => await BuiltAsync(await LoadAsync(Nginx)));
        Assert.Equal(
            (ErrorCodes.DiskFull, "web", "Image 'web' cannot be built of web.recipe.yaml: There is no space left.", "Free some."),
            (error.Problem.Code, error.Problem.Target, error.Problem.Detail, error.Problem.Recommendation));
    }

    [Fact]
    public async Task A_guest_with_too_little_memory_is_found_once_the_image_is_there()
    {
        guests = "[{ name: web, image: web, memory: 16MB }]";
        const string recipe = Nginx + "minimumMemory: 32MB\n";
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(async () => await BuiltAsync(await LoadAsync(recipe)));
        Assert.Contains("'memory' 16MB is too little for image 'web', expected at least 32MB", Assert.Single(error.Findings).ToString(), StringComparison.Ordinal);
        Assert.Equal(error.Message, (await Assert.ThrowsAsync<LightVMException>(() => LoadAsync(recipe))).Message);
    }

    private static string Recipe(string lines) => $"apiVersion: lightvm/v1\nkind: Recipe\n{lines}";

    private string Fleet(string recipe) => $"apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: quick }}\nimages: [{{ name: web, recipe: {recipe} }}]\nguests: {guests}\n";

    private Task<FleetSpec> LoadAsync(string recipe)
    {
        samples.Write("web.recipe.yaml", Recipe(recipe));
        return SpecLoader.LoadAsync(samples.Write("spec.yaml", Fleet("web.recipe.yaml")), "spec.yaml", builder: builder);
    }

    private async Task<FleetSpec> BuiltAsync(FleetSpec spec)
    {
        await RecipeImages.BuildAsync(spec, builder);
        host.Directories[spec.Images[0].Directory] = spec.Images[0].Manifest!;
        return spec;
    }

    private async Task<Plan> PlanAsync(FleetSpec spec) => (await new Reconciler(host).PlanAsync(spec)).Plan;

    private async Task ApplyAsync(FleetSpec spec) => await new Reconciler(host).ApplyAsync(await new Reconciler(host).PlanAsync(spec));
}
