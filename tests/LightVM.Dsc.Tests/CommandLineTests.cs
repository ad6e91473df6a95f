using System.Text;
using System.Text.Json.Nodes;
using LightVM.Reconcile.Dsc;

namespace LightVM.Dsc.Tests;

/// <summary>What lightvm-dsc says to what is wrong, before it asks a host: an exit code of its manifest, one line of JSON, and no output.</summary>
public sealed class CommandLineTests
{
    private const string Nowhere = "unix:/nowhere/lightvmd.sock";

    [Theory]
    [InlineData("")]
    [InlineData("guest")]
    [InlineData("vm get")]
    [InlineData("guest frob")]
    [InlineData("guest get --what-if")]
    [InlineData("guest set --whatif")]
    [InlineData("guest set --what-if more")]
    public async Task Arguments_that_no_manifest_has(string line) =>
        Assert.Equal(ExitCode.WrongArguments, await FailAsync(line, "{}", "lightvm-dsc does not know"));

    [Theory]
    [InlineData("""{"name":""", "The input is no JSON")]
    [InlineData("""[]""", "The input is no JSON object")]
    [InlineData("""{"name":"a","name":"b"}""", "no JSON")]
    [InlineData("""{}""", "'name' is missing")]
    [InlineData("""{"name":7}""", "'name' is no string")]
    [InlineData("""{"name":"a","_exist":"yes"}""", "'_exist' is neither true nor false")]
    [InlineData("""{"name":"a","memmory":"8MB"}""", "no property 'memmory' (did you mean 'memory'?)")]
    [InlineData("""{"name":"a","host":"a b"}""", "names no host")]
    public async Task Instances_that_are_none(string instance, string message) => Assert.Equal(ExitCode.InvalidInput, await FailAsync("guest get", instance, message));

    [Fact]
    public async Task More_than_any_instance_has() =>
        Assert.Equal(ExitCode.InvalidInput, await FailAsync("guest get", $$"""{"name":"{{new string('a', 3 << 20)}}"}""", "longer than"));

    [Theory]
    [InlineData("guest get")]
    [InlineData("guest test")]
    [InlineData("guest set")]
    [InlineData("guest set --what-if")]
    [InlineData("guest delete")]
    [InlineData("image test")]
    [InlineData("network get")]
    public async Task A_host_that_is_not_there(string line) =>
        Assert.Equal(ExitCode.Unreachable, await FailAsync(line, $$"""{"name":"a","host":"{{Nowhere}}"}""", "HostUnreachable"));

    [Theory]
    [InlineData("""{"name":"f","host":"unix:/nowhere"}""", "neither 'spec' nor 'path'")]
    [InlineData("""{"name":"f","path":"fleet.yaml"}""", "must be absolute")]
    [InlineData("""{"name":"f","path":"/nowhere/fleet.yaml"}""", "There is no spec file '/nowhere/fleet.yaml'")]
    [InlineData("""{"name":"f","path":"/f.yaml","spec":{}}""", "both 'spec' and 'path'")]
    [InlineData("""{"name":"f","spec":"text"}""", "'spec' is no object")]
    [InlineData("""{"name":"f","noPrune":1,"spec":{"apiVersion":"lightvm/v1","kind":"Fleet","metadata":{"name":"f"},"guests":[]}}""", "'noPrune' is neither true nor false")]
    [InlineData("""{"name":"f","spec":{"apiVersion":"lightvm/v1","kind":"Fleet","metadata":{"name":"g"},"guests":[]}}""", "of fleet 'g', not of 'f'")]
    [InlineData("""{"name":"f","spec":{"apiVersion":"lightvm/v1","kind":"Fleet","metadata":{"name":"f"},"guests":[{"name":"a","image":"i","memory":"5 MB"}]}}""", "guests[0].memory: ")]
    [InlineData("""{"name":"f","spec":{"apiVersion":"lightvm/v1","kind":"Fleet","metadata":{"name":"f"},"images":[{"name":"i","recipe":{"packages":["nginx"],"command":"nginx"}}],"guests":[]}}""", "images[0].recipe: image 'i' is to be built of a recipe, and here images are not built, expected the path of a directory that Build-TinyxImage wrote")]
    public async Task Fleets_that_are_none(string instance, string message) => Assert.Equal(ExitCode.InvalidInput, await FailAsync("fleet test", instance, message));

    [Fact]
    public async Task A_schema_needs_no_host()
    {
        (int code, string output, string error) = await RunAsync("network schema", "");
        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Equal("LightVM/Network", (string?)JsonNode.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!["title"]);
    }

    private static async Task<int> FailAsync(string line, string instance, string message)
    {
        (int code, string output, string error) = await RunAsync(line, instance);
        Assert.Equal("", output);
        JsonObject said = (JsonObject)JsonNode.Parse(Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Contains(message, (string?)said["error"], StringComparison.Ordinal);
        return code;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line, string instance)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(instance));
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await new DscCommand(input, output, new MessageLog(error)).RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
