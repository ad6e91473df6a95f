using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile.Tests;

/// <summary>What an editor says by the schema, and what we say: good specs are good to both, and what the binders refuse the schema refuses.</summary>
public sealed class SchemaAgreementTests
{
    private const string Head = "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: f }\n";

    private static readonly JsonSchema Schema = JsonSchema.FromText(SpecSchema.Text());

    public static TheoryData<string> Samples() =>
        [.. Directory.GetFiles(InRepository("specs"), "*.yaml").Select(path => Path.GetFileName(path)!).Where(name => name != "lightvm.schema.json")];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_good(string name) => Assert.True(IsGood(File.ReadAllText(InRepository("specs/" + name))));

    [Fact]
    public void What_has_every_key_is_good()
    {
        Assert.True(IsGood(GoodSpecTests.Networked));
        Assert.True(IsGood(GoodSpecTests.Hosted));
    }

    [Theory]
    [InlineData("guests: [{ name: g, image: i, memory: 4 MB }]")]
    [InlineData("guests: [{ name: g, image: i, memory: lots }]")]
    [InlineData("guests: [{ name: g, image: i, memory: -1 }]")]
    [InlineData("guests: [{ name: g, image: i, affinity: a-b }]")]
    [InlineData("guests: [{ name: g, image: i, labels: { 'a b': c } }]")]
    [InlineData("guests: [{ name: g, image: i, labels: { a: 1 } }]")]
    [InlineData("guests: [{ name: g, image: i, environment: { 1A: c } }]")]
    [InlineData("guests: [{ name: g, image: i, environment: { A: \"a\\nb\" } }]")]
    [InlineData("guests: [{ name: g, image: i, environment: { A: { secretRef: .hidden } } }]")]
    [InlineData("guests: [{ name: g, image: i, arguments: ['a\"b'] }]")]
    [InlineData("guests: [{ name: g, image: i, commandLine: \"a\\nb\" }]")]
    [InlineData("guests: [{ name: g, image: i, files: { relative: x } }]")]
    [InlineData("guests: [{ name: g, image: i, files: { /f: {} } }]")]
    [InlineData("guests: [{ name: g, image: i, files: { /f: { content: a, path: b } } }]")]
    [InlineData("guests: [{ name: g, image: i, files: { /f: { content: a, mode: '999' } } }]")]
    [InlineData("guests: [{ name: g, image: i, publish: ['80:0x50'] }]")]
    [InlineData("guests: [{ name: g, image: i, publish: ['80:80/sctp'] }]")]
    [InlineData("guests: [{ name: g, image: i, publish: [70000] }]")]
    [InlineData("guests: [{ name: g, image: i, disks: [{ path: relative.img }] }]")]
    [InlineData("guests: [{ name: g, image: i, network: a, adapters: [] }]")]
    [InlineData("guests: [{ name: g, image: i, adapters: [{}, {}, {}, {}, {}, {}, {}, {}, {}] }]")]
    [InlineData("guests: [{ name: g, image: i, adapters: [{ mac: '01:00:00:00:00:01' }] }]")]
    [InlineData("guests: [{ name: g, image: i, adapters: [{ address: 10.1 }] }]")]
    [InlineData("guests: [{ name: g, image: i, adapters: [{ address: 10.0.0.010 }] }]")]
    [InlineData("guests: [{ name: g, image: i, probes: { ready: { period: 1 } } }]")]
    [InlineData("guests: [{ name: g, image: i, probes: { ready: { tcp: 80, http: 80 } } }]")]
    [InlineData("guests: [{ name: g, image: i, placement: { antiAffinity: [''] } }]")]
    [InlineData("guests: []\nnetworks: [{ name: n, subnet: 10.0.0.0/33 }]")]
    [InlineData("guests: []\nnetworks: [{ name: n, subnet: 10.0.0.0 }]")]
    [InlineData("guests: []\nnetworks: [{ name: n, subnet6: 'fd00::/48' }]")]
    [InlineData("guests: []\nnetworks: [{ name: n, bridge: 'a bridge' }]")]
    [InlineData("guests: []\nnetworks: [{ name: n, bridge: br0, subnet: 10.0.0.0/24 }]")]
    [InlineData("guests: []\nimages: [{ name: i }]")]
    [InlineData("guests: []\nimages: [{ name: i, path: '' }]")]
    [InlineData("guests: []\nimages: [{ name: i, path: p, recipe: r }]")]
    [InlineData("guests: []\nimages: [{ name: i, path: p, digest: sha256:1 }]")]
    [InlineData("guests: []\nimages: [{ name: i, recipe: { command: c } }]")]
    public void What_the_binders_refuse_is_refused(string spec)
    {
        Assert.False(IsGood(Head + spec));
        var findings = new FindingList("s.yaml");
        YamlNode root = YamlReader.Read(Head + spec, findings)!;
        FleetBinder.Bind(root, findings, "/s.yaml", SpecText.FromBytes(System.Text.Encoding.UTF8.GetBytes(Head + spec), findings));
        Assert.Throws<LightVMException>(findings.ThrowIfAny);
    }

    private static bool IsGood(string text)
    {
        var findings = new FindingList("s.yaml");
        YamlNode root = YamlReader.Read(text, findings)!;
        findings.ThrowIfAny();
        JsonNode? node = YamlJson.Of(root);
        using JsonDocument document = JsonDocument.Parse(node!.ToJsonString());
        return Schema.Evaluate(document.RootElement).IsValid;
    }

    private static string InRepository(string path, [CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../..", path));
}
