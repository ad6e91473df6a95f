using System.Text.Json;
using LightVM.DscEngine;
using LightVM.Reconcile.Yaml;

namespace LightVM.Dsc.Tests;

/// <summary>The configurations of specs/dsc have instances of ours in them.</summary>
public sealed class SampleTests
{
    public static TheoryData<string> Samples => [.. Directory.GetFiles(Repository.PathOf("specs/dsc"), "*.yaml").Select(Path.GetFileName).OfType<string>()];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Each_instance_is_one(string sample)
    {
        IReadOnlyList<Manifest> manifests = Manifest.Read(Repository.PathOf("src/LightVM.Dsc/lightvm.dsc.manifests.json"));
        var document = YamlJson.Of(YamlReader.Read(File.ReadAllText(Path.Combine(Repository.PathOf("specs/dsc"), sample)), new Reconcile.FindingList(sample))!)!;
        foreach (var resource in document["resources"]!.AsArray())
        {
            Manifest manifest = manifests.First(known => known.Type == (string?)resource!["type"]);
            Assert.True(manifest.Schema.Evaluate(JsonSerializer.SerializeToElement(resource!["properties"])).IsValid, (string?)resource["name"]);
        }
    }
}
