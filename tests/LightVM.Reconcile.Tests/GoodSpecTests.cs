namespace LightVM.Reconcile.Tests;

/// <summary>What a good spec means.</summary>
public sealed class GoodSpecTests : IDisposable
{
    private const string Head = "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: quick }\nimages:\n  - { name: hello, path: images/hello }\nguests:\n";
    private readonly Samples samples = new();

    [Fact]
    public async Task The_example_of_the_issue()
    {
        FleetSpec spec = await LoadAsync(
            """
              - name: web
                image: hello
                replicas: 3
                memory: 4MB
                vcpus: 1
                restartPolicy: always
                labels: { tier: front }
            """);
        GuestSpec web = Assert.Single(spec.Guests);
        Assert.Equal(["web-1", "web-2", "web-3"], web.GuestNames);
        Assert.Equal((4194304L, 1, RestartPolicy.Always, "front"), (web.Memory!.Value, web.VCpus, web.RestartPolicy, web.Labels["tier"]));
        ImageSpec image = Assert.Single(spec.Images);
        Assert.Equal(Path.Combine(samples.Directory, "images/hello"), image.Directory);
        Assert.StartsWith("sha256:", image.Digest, StringComparison.Ordinal);
        Assert.StartsWith("sha256:", spec.Digest, StringComparison.Ordinal);
        Assert.Equal(new SourceMark(10, 13), web.MarkOf("memory"));
    }

    [Fact]
    public async Task Without_replicas_the_guest_has_the_name_itself_and_defaults()
    {
        GuestSpec web = (await LoadAsync("  - { name: web, image: hello }\n")).Guests[0];
        Assert.Equal(["web"], web.GuestNames);
        Assert.Null(web.Memory);
        Assert.Null(web.CommandLine);
        Assert.Null(web.Affinity);
        Assert.Equal((1, RestartPolicy.Never, CrashAction.Destroy, 0), (web.VCpus, web.RestartPolicy, web.OnCrash, web.CpuPool));
        Assert.Empty(web.Labels);
    }

    [Theory]
    [InlineData(0, new string[0])]
    [InlineData(1, new[] { "web-1" })]
    public async Task Few_replicas(int count, string[] names) =>
        Assert.Equal(names, (await LoadAsync($"  - {{ name: web, image: hello, replicas: {count} }}\n")).Guests[0].GuestNames);

    [Theory]
    [InlineData("4194304", 4194304)]
    [InlineData("0x400000", 4194304)]
    [InlineData("4MB", 4194304)]
    [InlineData("4MiB", 4194304)]
    [InlineData("4mb", 4194304)]
    [InlineData("'4MB'", 4194304)]
    [InlineData("4096KB", 4194304)]
    [InlineData("1GB", 1073741824)]
    [InlineData("1.5GB", 1610612736)]
    [InlineData("0.25TB", 274877906944)]
    public async Task Sizes(string text, long bytes) =>
        Assert.Equal(bytes, (await LoadAsync($"  - {{ name: web, image: hello, memory: {text} }}\n")).Guests[0].Memory);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(5000, "5000")]
    [InlineData(4096, "4KB")]
    [InlineData(4194304, "4MB")]
    [InlineData(1610612736, "1536MB")]
    [InlineData(1099511627776, "1TB")]
    public void Sizes_are_shown_as_they_are_written(long bytes, string text)
    {
        Assert.Equal(text, SpecSize.Format(bytes));
        Assert.True(SpecSize.TryParse(text, out long back, out _));
        Assert.Equal(bytes, back);
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("'1'", "1")]
    [InlineData("0-1,3", "0-1,3")]
    [InlineData("'3, 1,0'", "0-1,3")]
    [InlineData("0,1,2,3", "0-3")]
    public async Task Affinities_have_one_form(string text, string normalized) =>
        Assert.Equal(normalized, (await LoadAsync($"  - {{ name: web, image: hello, affinity: \"{text.Trim('\'')}\" }}\n")).Guests[0].Affinity);

    [Fact]
    public async Task What_is_quoted_stays_a_string_and_yes_is_one()
    {
        GuestSpec web = (await LoadAsync("  - { name: '1', image: hello, labels: { a: yes, b: \"1\", c: '', d: no, e: 1.2.3 }, commandLine: \"0755\" }\n")).Guests[0];
        Assert.Equal("1", web.Name);
        Assert.Equal(["yes", "1", "", "no", "1.2.3"], web.Labels.Values);
        Assert.Equal("0755", web.CommandLine);
    }

    [Fact]
    public async Task Replicas_of_one_guest_may_neighbour_another()
    {
        FleetSpec spec = await LoadAsync("  - { name: web, image: hello, replicas: 2 }\n  - { name: web-3, image: hello }\n  - { name: web-0, image: hello }\n");
        Assert.Equal(["web-1", "web-2", "web-3", "web-0"], spec.Guests.SelectMany(guest => guest.GuestNames));
    }

    private Task<FleetSpec> LoadAsync(string guests) => SpecLoader.LoadAsync(samples.Write("good.yaml", Head + guests), "good.yaml");

    public void Dispose() => samples.Dispose();
}
