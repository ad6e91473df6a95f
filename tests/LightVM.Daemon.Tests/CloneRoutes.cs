using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>What the routes of clones hand on, and how they answer.</summary>
public sealed class CloneRoutes : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync()
    {
        _daemon = await TestDaemon.StartAsync();
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"a","image":"i"}]}""");
        _daemon.Guests.Checkpoints.Files["c"] = [];
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Theory]
    [InlineData("/v1/guests/a/copy")]
    [InlineData("/v1/checkpoints/c/copy")]
    public async Task Many_are_made_by_one_request(string path)
    {
        (HttpResponseMessage response, JsonNode? answer) = await _daemon.SendAsync("POST", path, """{"names":["x","y"],"labels":{"k":"v"},"copyDisks":true}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["x", "y"], answer!["results"]!.AsArray().Select(result => (string)result!["guest"]!["name"]!));
        Assert.True(_daemon.Guests.Checkpoints.LastCopy!.CopyDisks);
        Assert.Equal(10_000, _daemon.Guests.Checkpoints.LastCopy.TimeoutMs);
    }

    [Fact]
    public async Task What_there_is_not_is_not_cloned()
    {
        await _daemon.FailAsync(ErrorCodes.GuestNotFound, 404, "POST", "/v1/guests/none/copy", """{"names":["x"]}""");
        await _daemon.FailAsync(ErrorCodes.CheckpointNotFound, 404, "POST", "/v1/checkpoints/none/copy", """{"names":["x"]}""");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests/a/copy", """{"names":[]}""");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests/a/copy", """{"names":[null]}""");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests/a/copy", """{"names":["x"],"timeoutMs":-1}""");
    }

    [Fact]
    public async Task The_same_key_makes_none_twice()
    {
        (_, JsonNode? first) = await _daemon.SendAsync("POST", "/v1/guests/a/copy", """{"names":["x"]}""", ("Idempotency-Key", "k"));
        (_, JsonNode? second) = await _daemon.SendAsync("POST", "/v1/guests/a/copy", """{"names":["x"]}""", ("Idempotency-Key", "k"));
        Assert.Equal((string)first!["results"]![0]!["guest"]!["id"]!, (string)second!["results"]![0]!["guest"]!["id"]!);
    }

    [Fact]
    public async Task They_are_an_operation_when_that_is_preferred()
    {
        (HttpResponseMessage response, JsonNode? operation) = await _daemon.SendAsync("POST", "/v1/guests/a/copy", """{"names":["x","y"]}""", ("Prefer", "respond-async"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        (_, operation) = await _daemon.SendAsync("GET", $"/v1/operations/{operation!["id"]}?waitMs=60000");
        Assert.Equal(2, operation!["results"]!.AsArray().Count);

        // An operation outlives its request: what that names was looked for before.
        (response, _) = await _daemon.SendAsync("POST", "/v1/guests/none/copy", """{"names":["x"]}""", ("Prefer", "respond-async"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }
}
