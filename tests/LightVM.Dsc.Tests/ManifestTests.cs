using System.Text.Json.Nodes;
using LightVM.DscEngine;
using LightVM.Reconcile.Dsc;

namespace LightVM.Dsc.Tests;

/// <summary>What the engine is told of the resources is what they are. With LIGHTVM_UPDATE=1 the file is written anew.</summary>
public sealed class ManifestTests
{
    private static readonly string File = Repository.PathOf("src/LightVM.Dsc/lightvm.dsc.manifests.json");

    [Fact]
    public void The_file_is_made_of_the_resources()
    {
        string made = JsonLine.Pretty(Manifests.All());
        if (Environment.GetEnvironmentVariable("LIGHTVM_UPDATE") == "1")
        {
            System.IO.File.WriteAllText(File, made);
        }

        Assert.Equal(made, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void The_engine_takes_each()
    {
        IReadOnlyList<Manifest> manifests = Manifest.Read(File);
        Assert.Equal(["LightVM/Guest", "LightVM/Image", "LightVM/Network", "LightVM/Fleet"], manifests.Select(manifest => manifest.Type));
        Assert.All(manifests, manifest => Assert.Equal("lightvm-dsc", manifest.Executable("get")));
    }

    [Fact]
    public void What_if_is_an_argument_of_what_changes_something()
    {
        Manifest guest = Manifest.Read(File)[0];
        Assert.Equal(["guest", "set"], guest.Arguments("set", whatIf: false));
        Assert.Equal(["guest", "set", "--what-if"], guest.Arguments("set", whatIf: true));
        Assert.Equal(["guest", "delete", "--what-if"], guest.Arguments("delete", whatIf: true));
        Assert.Equal(["guest", "test"], guest.Arguments("test", whatIf: false));
    }

    [Theory]
    [InlineData("LightVM/Guest", """{"name":"web","image":"http","memory":"8MB","labels":{"tier":"web"},"publish":["8080:80"],"_exist":true}""", true)]
    [InlineData("LightVM/Guest", """{"name":"web","_exist":false}""", true)]
    [InlineData("LightVM/Guest", """{"name":"web","replicas":3}""", false)]
    [InlineData("LightVM/Guest", """{"image":"http"}""", false)]
    [InlineData("LightVM/Guest", """{"name":"Web"}""", false)]
    [InlineData("LightVM/Guest", """{"name":"web","adapters":[{"networ":"x"}]}""", false)]
    [InlineData("LightVM/Network", """{"name":"back","subnet":"10.9.0.0/24","nat":false}""", true)]
    [InlineData("LightVM/Network", """{"name":"back","mtu":"big"}""", false)]
    [InlineData("LightVM/Image", """{"name":"http","path":"/images/http"}""", true)]
    [InlineData("LightVM/Fleet", """{"name":"shop","spec":{"apiVersion":"lightvm/v1","kind":"Fleet","metadata":{"name":"shop"},"guests":[]}}""", true)]
    [InlineData("LightVM/Fleet", """{"name":"shop","spec":{"apiVersion":"lightvm/v1","kind":"Fleet","metadata":{"name":"shop"},"guests":[{"name":"a"}]}}""", false)]
    public void Schemas_say_what_is_an_instance(string type, string instance, bool good)
    {
        Manifest manifest = Manifest.Read(File).First(known => known.Type == type);
        Assert.Equal(good, manifest.Schema.Evaluate(System.Text.Json.JsonSerializer.SerializeToElement(JsonNode.Parse(instance))).IsValid);
    }
}
