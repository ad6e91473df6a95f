namespace LightVM.Reconcile.Tests;

/// <summary>What a good spec means.</summary>
public sealed class GoodSpecTests : IDisposable
{
    private const string Head = "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: quick }\nimages:\n  - { name: hello, path: images/hello }\nguests:\n";

    /// <summary>Every key of networks, adapters, disks and files.</summary>
    internal const string Networked =
        """
        apiVersion: lightvm/v1
        kind: Fleet
        metadata: { name: quick }
        networks:
          - { name: back, subnet: 10.9.0.0/24, subnet6: 'FD00:1:2:3:0::/64', mtu: 9000, dhcp: false, nat: false, broadcast: true, multicast: true, isolated: true }
          - { name: office, bridge: br0, vlan: 20, trusted: true }
          - name: plain
        images:
          - { name: hello, path: images/hello }
        guests:
          - name: web
            image: hello
            type: pvh
            adapters:
              - { network: back, mac: '02-1C-7B-00-00-01', address: 10.9.0.5, rateLimit: 10MB }
              - {}
            disks: [{ path: /srv/a.img, size: 1GB }, { path: /srv/b.img, readOnly: true }]
            publish: ['8080:80', '127.0.0.1:8443:443', '53:53/udp', 9]
            arguments: [--verbose, 8080, 'two words']
            environment: { MODE: test }
            files:
              /index.html: Hello
              /b: { base64: aGk=, mode: 0o400 }
              /c: { content: '', mode: '0755' }
          - { name: short, image: hello, network: office }
          - { name: none, image: hello, adapters: [] }
          - { name: image, image: hello }
        """;

    /// <summary>Every key of hosts and placements.</summary>
    internal const string Hosted =
        """
        apiVersion: lightvm/v1
        kind: Fleet
        metadata: { name: quick }
        hosts:
          - { name: alpha, address: 'ssh://root@alpha', labels: { disk: ssd, zone: '1' } }
          - { name: beta }
          - { name: here, address: localhost }
        images:
          - { name: hello, path: images/hello }
        guests:
          - { name: web, image: hello, labels: { tier: front }, placement: { strategy: pack, host: alpha, hostLabels: { disk: ssd }, antiAffinity: [tier] } }
          - { name: api, image: hello, placement: {} }
          - { name: any, image: hello }
        """;

    private readonly Samples samples = new();

    [Fact]
    public async Task Hosts_and_placements()
    {
        FleetSpec spec = await SpecLoader.LoadAsync(samples.Write("hosts.yaml", Hosted), "hosts.yaml");
        Assert.Equal(
            ["alpha ssh://root@alpha disk=ssd,zone=1", "beta beta ", "here localhost "],
            spec.Hosts.Select(host => $"{host.Name} {host.Address} {string.Join(",", host.Labels.Select(label => $"{label.Key}={label.Value}"))}"));
        PlacementSpec placement = spec.Guests[0].Placement!;
        Assert.Equal((PlacementStrategy.Pack, "alpha", "ssd", "tier"), (placement.Strategy, placement.Host, placement.HostLabels["disk"], placement.AntiAffinity.Single()));
        Assert.Equal(new PlacementSpec().Strategy, spec.Guests[1].Placement!.Strategy);
        Assert.Null(spec.Guests[2].Placement);
    }

    [Fact]
    public async Task Networks_and_devices()
    {
        FleetSpec spec = await SpecLoader.LoadAsync(samples.Write("networked.yaml", Networked), "networked.yaml");
        NetworkSpec back = spec.Networks[0];
        Assert.Equal(("back", "10.9.0.0/24", "fd00:1:2:3::/64", 9000), (back.Name, back.Subnet, back.Subnet6, back.Mtu));
        Assert.Equal((false, false, true, true, true), (back.Dhcp, back.Nat, back.Broadcast, back.Multicast, back.Isolated));
        Assert.Equal(("br0", 20, true, false, false), (spec.Networks[1].Bridge, spec.Networks[1].Vlan, spec.Networks[1].Trusted, spec.Networks[1].Dhcp, spec.Networks[1].Nat));
        Assert.Equal((null, null, 1500, true, true), (spec.Networks[2].Subnet, spec.Networks[2].Subnet6, spec.Networks[2].Mtu, spec.Networks[2].Dhcp, spec.Networks[2].Nat));
        GuestSpec web = spec.Guests[0];
        Assert.Equal(GuestType.Pvh, web.Type);
        Assert.Equal([("back", "02:1c:7b:00:00:01", "10.9.0.5", 10L << 20), ("default", null, null, 0L)], web.Adapters!.Select(a => (a.Network, a.Mac, a.Address, a.RateLimit)));
        Assert.Equal([("/srv/a.img", false, 1L << 30), ("/srv/b.img", true, 0L)], web.Disks.Select(d => (d.Path, d.ReadOnly, d.Size)));
        Assert.Equal(["8080:80", "127.0.0.1:8443:443", "53:53/udp", "9:9"], web.Publish.Select(p => p.Port.ToString()));
        Assert.Equal(["--verbose", "8080", "two words"], web.Arguments);
        Assert.Equal("test", web.Environment["MODE"]);
        Assert.Equal([("/index.html", "Hello", 292), ("/b", "hi", 256), ("/c", "", 493)], web.Files.Select(f => (f.Path, System.Text.Encoding.UTF8.GetString(f.Content!), f.Mode)));
        Assert.Equal("office", Assert.Single(spec.Guests[1].Adapters!).Network);
        Assert.Empty(spec.Guests[2].Adapters!);
        Assert.Null(spec.Guests[3].Adapters);
    }

    [Fact]
    public async Task A_local_file_is_read_beside_the_spec()
    {
        samples.Write("site/index.html", "<p>");
        GuestSpec web = (await LoadAsync("  - { name: web, image: hello, files: { /index.html: { path: site/index.html } } }\n")).Guests[0];
        Assert.Equal("<p>"u8.ToArray(), Assert.Single(web.Files).Content);
    }

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
