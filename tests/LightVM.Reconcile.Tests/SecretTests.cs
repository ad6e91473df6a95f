namespace LightVM.Reconcile.Tests;

/// <summary>Secrets that a spec names: they reach the guest, and nothing else.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Password = "pa${name}ss$${word";
    private readonly Samples samples = new();
    private readonly ModelHost host = new();
    private readonly Vault vault = new() { ["db-password"] = Password, ["tls.key"] = "-----BEGIN\nKEY-----\n" };

    public void Dispose() => samples.Dispose();

    [Fact]
    public async Task They_are_put_where_the_spec_names_them_as_they_are()
    {
        await ApplyAsync(await LoadAsync("{ USER: '${name}', PASSWORD: { secretRef: db-password } }", "{ /key: { secretRef: tls.key, mode: '0400' } }"));
        Assert.All(host.Guests, guest => Assert.Equal((Password, guest.Name), (guest.Environment!["PASSWORD"], guest.Environment["USER"])));
        GuestFile key = new() { Path = "/key", Content = "-----BEGIN\nKEY-----\n"u8.ToArray(), Mode = 0x100 };
        Assert.All(host.Guests, guest => Assert.Equal(GuestFile.DigestOf([key]), guest.FilesDigest));
        Assert.Equal(["db-password", "tls.key"], vault.Asked);
    }

    [Fact]
    public async Task A_line_end_behind_one_is_not_part_of_a_variable()
    {
        vault["db-password"] = "one\n";
        FleetSpec spec = await LoadAsync("{ PASSWORD: { secretRef: db-password } }");
        Assert.Equal("one", spec.Guests[0].Environment["PASSWORD"]);
    }

    [Fact]
    public async Task Neither_plans_nor_results_nor_the_history_show_one()
    {
        FleetSpec spec = await LoadAsync("{ PASSWORD: { secretRef: db-password } }", "{ /key: { secretRef: tls.key } }");
        await ApplyAsync(spec);
        vault["db-password"] = "different";
        vault["tls.key"] = "different too";
        spec = await LoadAsync("{ PASSWORD: { secretRef: db-password } }", "{ /key: { secretRef: tls.key } }");
        Plan plan = (await new Reconciler(host).PlanAsync(spec)).Plan;
        PlanStep step = plan.Steps.First(step => step.Kind == ResourceKind.Guest);
        Assert.Equal(
            ["environment.PASSWORD: (another value) -> (secret db-password)", "files: /key (as they are) -> /key (with secrets)"], step.Changes.Select(change => change.ToString()));
        await ApplyAsync(spec);
        Assert.All(host.Guests, guest => Assert.Equal("different", guest.Environment!["PASSWORD"]));
        string all = System.Text.Json.JsonSerializer.Serialize(plan, LightVMJson.Default.Plan)
            + string.Concat(host.Runs.Select(run => System.Text.Json.JsonSerializer.Serialize(run, LightVMJson.Default.FleetRevision)));
        Assert.DoesNotContain("different", all, StringComparison.Ordinal);
        Assert.DoesNotContain("pa$", all, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revision_is_gone_back_to_with_the_secrets_of_now()
    {
        await ApplyAsync(await LoadAsync("{ PASSWORD: { secretRef: db-password } }"));
        FleetRevision first = host.Runs[0].As("back", 1, DateTimeOffset.UnixEpoch, "uid:0");
        vault["db-password"] = "rotated";
        ImageManifest manifest = host.Directories.Values.Single();
        FleetSpec back = await RevisionLoader.LoadAsync(first, (_, _) => Task.FromResult(manifest), vault);
        Assert.Equal("rotated", back.Guests[0].Environment["PASSWORD"]);
    }

    [Fact]
    public async Task One_that_is_nowhere_is_a_finding_where_it_is_named()
    {
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => LoadAsync("{ A: { secretRef: none }, B: { secretRef: tls.key } }", "{ /k: { secretRef: none } }"));
        Assert.Equal(
            [
                "secret 'none' of variable 'A' is not in the vault",
                "secret 'tls.key' of variable 'B' has several lines or control characters",
                "secret 'none' of file '/k' is not in the vault",
            ],
            error.Findings.Select(finding => finding.Message));
        Assert.All(error.Findings, finding => Assert.InRange(finding.Line, 9, 10));
    }

    [Fact]
    public async Task A_services_credentials_are_files()
    {
        string directory = Path.GetDirectoryName(samples.Write("credentials/db-password", "from a file\n"))!;
        File.WriteAllBytes(Path.Combine(directory, "bytes"), [0xff, 0xfe, 0x00]);
        var credentials = new CredentialDirectory(directory);
        Assert.Equal("from a file\n", (await credentials.FindAsync("db-password", default)).Value);
        Assert.Equal($"is not in {directory}", (await credentials.FindAsync("other", default)).Why);
        Assert.Contains("is not text in UTF-8", (await credentials.FindAsync("bytes", default)).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db-password_1.x", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData(".hidden", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("$(x)", false)]
    public void Names_lead_out_of_no_directory(string name, bool good) => Assert.Equal(good, SecretReferences.IsName(name));

    private async Task<FleetSpec> LoadAsync(string environment, string files = "{}")
    {
        string path = samples.Write(
            "secret.yaml",
            $"apiVersion: lightvm/v1\nkind: Fleet\nmetadata: {{ name: back }}\nimages: [{{ name: hello, path: ./images/hello }}]\nguests:\n  - name: web\n    image: hello\n    replicas: 2\n    environment: {environment}\n    files: {files}\n");
        FleetSpec spec = await SpecLoader.LoadAsync(path, secrets: vault);
        host.Directories[spec.Images[0].Directory] = spec.Images[0].Manifest!;
        return spec;
    }

    private async Task ApplyAsync(FleetSpec spec) => await new Reconciler(host).ApplyAsync(await new Reconciler(host).PlanAsync(spec));

    private sealed class Vault : Dictionary<string, string>, ISecretSource
    {
        public List<string> Asked { get; } = [];

        public Task<SecretValue> FindAsync(string name, CancellationToken cancellationToken)
        {
            Asked.Add(name);
            return Task.FromResult(TryGetValue(name, out string? value) ? new SecretValue(value, null) : new SecretValue(null, "is not in the vault"));
        }
    }
}
