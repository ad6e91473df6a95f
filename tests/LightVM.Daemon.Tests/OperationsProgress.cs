using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>Prefer: respond-async makes a batch an operation that can be watched and cancelled.</summary>
public sealed class OperationsProgress : IAsyncLifetime
{
    private const string Three = """{"guests":[{"name":"a","image":"i"},{"name":"b","image":"i"},{"name":"c","image":"i"}]}""";
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task It_moves_on_and_ends_with_its_results()
    {
        var gate = new SemaphoreSlim(1);
        _daemon.Guests.BeforeGuest = _ => gate.WaitAsync();
        string path = await Start();
        JsonNode operation = await Until(path, o => (int)o["done"]! == 1);
        Assert.Equal(("running", 3), ((string)operation["status"]!, (int)operation["total"]!));
        Assert.Null(operation["results"]);
        gate.Release(2);
        operation = await Until(path, o => (string)o["status"]! != "running");
        Assert.Equal(("succeeded", 3), ((string)operation["status"]!, (int)operation["done"]!));
        Assert.Equal(3, operation["results"]!.AsArray().Count);
        (_, JsonNode? list) = await _daemon.SendAsync("GET", "/v1/operations");
        Assert.Null(Assert.Single(list!.AsArray())!["results"]);
    }

    [Fact]
    public async Task Cancelled_it_begins_no_further_guest()
    {
        var gate = new SemaphoreSlim(1);
        _daemon.Guests.BeforeGuest = _ => gate.WaitAsync();
        string path = await Start();
        await Until(path, o => (int)o["done"]! == 1);
        (HttpResponseMessage response, _) = await _daemon.SendAsync("DELETE", path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        gate.Release(10);
        JsonNode operation = await Until(path, o => (string)o["status"]! != "running");
        Assert.Equal(("canceled", 1), ((string)operation["status"]!, (int)operation["done"]!));
        Assert.Single(_daemon.Guests.Table);
        Assert.Equal("Canceled", (string)operation["results"]![2]!["problem"]!["code"]!);
    }

    [Fact]
    public async Task One_failed_guest_makes_it_failed()
    {
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"b","image":"i"}]}""");
        JsonNode operation = await Until(await Start(), o => (string)o["status"]! != "running");
        Assert.Equal("failed", (string)operation["status"]!);
        Assert.Equal("GuestExists", (string)operation["results"]![1]!["problem"]!["code"]!);
        Assert.NotNull(operation["results"]![2]!["guest"]);
    }

    [Fact]
    public async Task A_failure_of_the_whole_is_in_each_result()
    {
        _daemon.Guests.Failure = new InvalidOperationException("boom");
        JsonNode operation = await Until(await Start(), o => (string)o["status"]! != "running");
        Assert.Equal("failed", (string)operation["status"]!);
        Assert.All(operation["results"]!.AsArray(), r => Assert.Equal("InternalError", (string)r!["problem"]!["code"]!));
        Assert.Contains("boom", _daemon.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_operation()
    {
        (_, JsonNode? first) = await _daemon.SendAsync("POST", "/v1/guests", Three, ("Prefer", "respond-async"), ("Idempotency-Key", "k"));
        (_, JsonNode? second) = await _daemon.SendAsync("POST", "/v1/guests", Three, ("Prefer", "respond-async"), ("Idempotency-Key", "k"));
        Assert.Equal((string)first!["id"]!, (string)second!["id"]!);
    }

    private async Task<string> Start()
    {
        (HttpResponseMessage response, JsonNode? operation) = await _daemon.SendAsync("POST", "/v1/guests", Three, ("Prefer", "respond-async"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"/v1/operations/{operation!["id"]}", response.Headers.Location!.OriginalString);
        return response.Headers.Location.OriginalString;
    }

    private async Task<JsonNode> Until(string path, Func<JsonNode, bool> condition)
    {
        while (true)
        {
            (_, JsonNode? operation) = await _daemon.SendAsync("GET", path + "?waitMs=1000");
            if (condition(operation!))
            {
                return operation!;
            }
        }
    }
}
