using System.Text.Json;

namespace LightVM.Reconcile.Tests;

/// <summary>What a run leaves in the history, and that it is enough to go back.</summary>
public sealed class RevisionTests : IDisposable
{
    private readonly Samples samples = new();
    private readonly ModelHost host = new();
    private readonly Dictionary<string, ImageManifest> manifests = new(StringComparer.Ordinal);

    public void Dispose() => samples.Dispose();

    [Fact]
    public async Task A_run_is_recorded_with_what_became_of_its_steps()
    {
        host.RefuseCreation = guest => guest.Name == "web-2" ? new Problem { Code = ErrorCodes.OutOfMemory, Detail = "full" } : null;
        FleetSpec spec = await WriteAsync("[{ name: web, image: hello, replicas: 3 }]");
        await ApplyAsync(spec);
        FleetRevision run = Assert.Single(host.Runs);
        Assert.Equal((3, 1, 0, 0, false), (run.Succeeded, run.Failed, run.Blocked, run.Reverted, run.IsComplete));
        Assert.Equal((spec.Digest, spec.FullPath, (long?)null), (run.SpecDigest, run.SpecPath, run.RollbackOf));
        Assert.Equal(File.ReadAllText(spec.FullPath), run.Spec!.Text);
        Assert.Equal(spec.Images[0].Digest, run.Images["hello"]);
    }

    [Fact]
    public async Task A_repair_is_a_revision_and_a_run_with_nothing_to_do_is_none()
    {
        FleetSpec spec = await WriteAsync("[{ name: web, image: hello }]");
        await ApplyAsync(spec);
        await ApplyAsync(spec);
        Assert.Single(host.Runs);
        host.SetState("web", GuestState.Crashed);
        await ApplyAsync(spec);
        Assert.Equal([2, 1], host.Runs.Select(run => run.Succeeded));
    }

    [Fact]
    public async Task Steps_that_were_declined_count_as_blocked()
    {
        FleetSpec spec = await WriteAsync("[{ name: web, image: hello, replicas: 2 }]");
        var reconciler = new Reconciler(host);
        FleetPlan plan = await reconciler.PlanAsync(spec);
        await reconciler.ApplyAsync(plan, new HashSet<PlanStep> { plan.Plan.Steps[0], plan.Plan.Steps[1] });
        Assert.Equal((2, 1), (host.Runs[0].Succeeded, host.Runs[0].Blocked));
    }

    [Fact]
    public async Task Going_back_brings_the_guests_their_files_and_their_image_of_then()
    {
        samples.Write("page.html", "old");
        FleetSpec first = await WriteAsync("[{ name: web, image: hello, replicas: 2, files: { /page: { path: ./page.html } } }]");
        await ApplyAsync(first);
        ImageManifest old = first.Images[0].Manifest!;
        samples.Write("page.html", "new");
        samples.WriteImage("hello", minimumMemory: 4 << 20, content: "newer");
        await ApplyAsync(await WriteAsync("[{ name: web, image: hello, replicas: 3, files: { /page: { path: ./page.html } } }]"));
        Assert.All(host.Guests, guest => Assert.NotEqual(old.ComputeDigest(), guest.ImageDigest));

        File.Delete(Path.Combine(samples.Directory, "page.html"));
        Directory.Delete(Path.Combine(samples.Directory, "images", "hello"), recursive: true);
        host.Writes.Clear();
        FleetSpec back = await LoadAsync(host.Runs[0]);
        await ApplyAsync(back);

        Assert.Equal("define hello True", host.Writes[0]);
        Assert.Equal(["web-1", "web-2"], host.Guests.Select(guest => guest.Name).Order(StringComparer.Ordinal));
        Assert.All(host.Guests, guest => Assert.Equal((old.ComputeDigest(), GuestFile.DigestOf(first.Guests[0].Files.Select(file => file.ToGuestFile()))), (guest.ImageDigest, guest.FilesDigest)));
        Assert.Equal((first.Digest, (long?)1), (host.Runs[^1].SpecDigest, host.Runs[^1].RollbackOf));
        Assert.False((await new Reconciler(host).PlanAsync(back)).Plan.HasChanges);
    }

    [Fact]
    public async Task One_that_was_gone_back_to_can_be_gone_back_to_itself()
    {
        await ApplyAsync(await WriteAsync("[{ name: web, image: hello }]"));
        await ApplyAsync(await WriteAsync("[{ name: web, image: hello, replicas: 2 }]"));
        await ApplyAsync(await LoadAsync(host.Runs[0]));
        await ApplyAsync(await LoadAsync(host.Runs[1]));
        await ApplyAsync(await LoadAsync(host.Runs[2]));
        Assert.Equal(["web"], host.Guests.Select(guest => guest.Name));
        Assert.Equal(host.Runs[0].Spec!.Text, host.Runs[^1].Spec!.Text);
    }

    [Fact]
    public async Task A_spec_whose_files_are_too_large_is_not_kept_and_going_back_says_so()
    {
        samples.Write("big.bin", new string('x', 1_000_000));
        string guests = string.Join(", ", Enumerable.Range(0, 4).Select(i => $"{{ name: g{i}, image: hello, files: {{ /big: {{ path: ./big-{i}.bin }} }} }}"));
        for (int i = 0; i < 4; i++)
        {
            samples.Write($"big-{i}.bin", new string('x', 1_000_000));
        }

        await ApplyAsync(await WriteAsync($"[{guests}]"));
        Assert.Null(host.Runs[0].Spec);
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => LoadAsync(host.Runs[0]));
        Assert.Equal(ErrorCodes.RevisionNotFound, error.Problem.Code);
        Assert.Contains("too large", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_in_an_old_spec_name_the_revision()
    {
        FleetSpec spec = await WriteAsync("[{ name: web, image: hello }]");
        var broken = new FleetRevision { Fleet = "back", Revision = 7, SpecPath = spec.FullPath, Spec = new RevisionSpec { Text = spec.Text.Replace("image: hello", "imag: hello", StringComparison.Ordinal) } };
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => LoadAsync(broken));
        Assert.All(error.Findings, finding => Assert.Equal($"{spec.FullPath}@7", finding.File));
    }

    [Fact]
    public void Without_a_number_it_goes_back_to_the_last_that_held_and_had_another_spec()
    {
        static FleetRevision Of(long number, string digest, int failed = 0) => new() { Revision = number, SpecDigest = digest, Succeeded = 1, Failed = failed };
        Assert.Equal(2, RevisionLoader.Previous("web", [Of(5, "c"), Of(4, "c"), Of(3, "b", failed: 1), Of(2, "a"), Of(1, "z")]).Revision);
        Assert.Equal(4, RevisionLoader.Previous("web", [Of(5, "d", failed: 1), Of(4, "c")]).Revision);
        Assert.Equal(ErrorCodes.RevisionNotFound, Assert.Throws<LightVMException>(() => RevisionLoader.Previous("web", [Of(2, "a"), Of(1, "a")])).Problem.Code);
        Assert.Equal(ErrorCodes.RevisionNotFound, Assert.Throws<LightVMException>(() => RevisionLoader.Previous("web", [])).Problem.Code);
    }

    private async Task<FleetSpec> WriteAsync(string guests)
    {
        string path = samples.Write("back.yaml", $"apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: back }}\nimages: [{{ name: hello, path: ./images/hello }}]\nguests: {guests}\n");
        FleetSpec spec = await SpecLoader.LoadAsync(path);
        manifests[spec.Images[0].Digest!] = host.Directories[spec.Images[0].Directory] = spec.Images[0].Manifest!;
        return spec;
    }

    private Task<IReadOnlyList<ReconcileResult>> ApplyAsync(FleetSpec spec) => new Reconciler(host).ApplyAsync(new Reconciler(host).PlanAsync(spec).Result);

    /// <summary>As it comes back over the wire.</summary>
    private Task<FleetSpec> LoadAsync(FleetRevision revision)
    {
        FleetRevision kept = revision.Revision > 0 ? revision : revision.As("back", host.Runs.IndexOf(revision) + 1, DateTimeOffset.UnixEpoch, "uid:0");
        string json = JsonSerializer.Serialize(kept, LightVMJson.Default.FleetRevision);
        return RevisionLoader.LoadAsync(JsonSerializer.Deserialize(json, LightVMJson.Default.FleetRevision)!, (digest, _) => Task.FromResult(manifests[digest]));
    }
}
