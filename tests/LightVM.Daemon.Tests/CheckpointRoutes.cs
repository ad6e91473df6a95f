using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>What the routes of checkpoints hand on, and how they answer.</summary>
public sealed class CheckpointRoutes : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync()
    {
        _daemon = await TestDaemon.StartAsync();
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"a","image":"i"}]}""");
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    private static byte[] Make()
    {
        var hash = new XxHash64();
        byte[] front = CheckpointFormat.Begin("""{"name":"c","guest":{"name":"a"}}"""u8);
        byte[] memory = new byte[100_000];
        hash.Append(front);
        hash.Append(memory);
        return [.. front, .. memory, .. CheckpointFormat.End(hash, memory.Length)];
    }

    private Task<HttpResponseMessage> PutAsync(string path, byte[] file) => _daemon.Client.PutAsync(path, new ByteArrayContent(file));

    [Fact]
    public async Task Many_guests_are_saved_by_one_request()
    {
        (HttpResponseMessage response, JsonNode? answer) = await _daemon.SendAsync(
            "POST", "/v1/guests/save", """{"names":["a","none"],"keep":true,"timeoutMs":500}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("auto", (string)answer!["results"]![0]!["checkpoint"]!["name"]!);
        Assert.Equal(ErrorCodes.GuestNotFound, (string)answer["results"]![1]!["problem"]!["code"]!);
        Assert.True(_daemon.Guests.Checkpoints.LastSave!.Keep);
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests/save", """{"names":[null]}""");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests/save", """{"names":["a"],"timeoutMs":-1}""");
    }

    [Fact]
    public async Task Saves_and_restores_are_operations_when_that_is_preferred()
    {
        foreach ((string path, string body) in ((string, string)[])[("/v1/guests/save", """{"names":["a"]}"""), ("/v1/checkpoints/restore", """{"checkpoints":["c"]}""")])
        {
            (HttpResponseMessage response, JsonNode? operation) = await _daemon.SendAsync("POST", path, body, ("Prefer", "respond-async"));
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            (_, operation) = await _daemon.SendAsync("GET", $"/v1/operations/{operation!["id"]}?waitMs=60000");
            Assert.Single(operation!["results"]!.AsArray());
        }
    }

    [Fact]
    public async Task A_file_comes_and_goes_as_it_is()
    {
        byte[] file = Make();
        Assert.Equal(HttpStatusCode.Created, (await PutAsync("/v1/checkpoints/c/data?automatic=true", file)).StatusCode);
        Assert.True(_daemon.Guests.Checkpoints.LastAutomatic);
        Assert.Equal(file, await _daemon.Client.GetByteArrayAsync("/v1/checkpoints/c/data"));
        Assert.Equal(HttpStatusCode.Conflict, (await PutAsync("/v1/checkpoints/c/data", file)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await PutAsync("/v1/checkpoints/c/data?force=true", file)).StatusCode);
        (_, JsonNode? answer) = await _daemon.SendAsync("POST", "/v1/checkpoints/restore", """{"checkpoints":["c","d"],"force":true}""");
        Assert.Equal("a", (string)answer!["results"]![0]!["guest"]!["name"]!);
        Assert.Equal(ErrorCodes.CheckpointNotFound, (string)answer["results"]![1]!["problem"]!["code"]!);
        Assert.True(_daemon.Guests.Checkpoints.LastRestore!.Force);
        (_, answer) = await _daemon.SendAsync("GET", "/v1/checkpoints");
        Assert.Single(answer!.AsArray());
        (HttpResponseMessage response, _) = await _daemon.SendAsync("DELETE", "/v1/checkpoints/c?force=true");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        foreach ((string method, string path) in ((string, string)[])[("GET", ""), ("GET", "/data"), ("DELETE", "")])
        {
            await _daemon.FailAsync(ErrorCodes.CheckpointNotFound, 404, method, "/v1/checkpoints/c" + path);
        }
    }

    [Fact]
    public async Task A_file_that_is_torn_or_altered_is_refused_and_not_there()
    {
        byte[] file = Make();
        byte[] altered = [.. file];
        altered[50_000] ^= 1;
        foreach (byte[] bad in (byte[][])[altered, file[..^1], [.. "hello"u8], []])
        {
            HttpResponseMessage response = await PutAsync("/v1/checkpoints/c/data", bad);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
            Assert.Equal(ErrorCodes.CheckpointInvalid, (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]!);
        }

        await _daemon.FailAsync(ErrorCodes.CheckpointNotFound, 404, "GET", "/v1/checkpoints/c");
    }
}
