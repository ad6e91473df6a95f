using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>What the routes of adapters and disks hand on, and how they answer.</summary>
public sealed class DeviceRoutes : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync()
    {
        _daemon = await TestDaemon.StartAsync();
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"a","image":"i"}]}""");
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task Adapters_come_change_and_go()
    {
        (HttpResponseMessage response, JsonNode? adapter) = await _daemon.SendAsync("POST", "/v1/guests/a/adapters", """{"rateLimit":1000}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(("default", 1000L), ((string)adapter!["network"]!, (long)adapter["rateLimit"]!));
        (_, adapter) = await _daemon.SendAsync("PATCH", "/v1/guests/a/adapters/0", """{"rateLimit":5}""");
        Assert.Equal(5, (long)adapter!["rateLimit"]!);
        (_, JsonNode? list) = await _daemon.SendAsync("GET", "/v1/guests/a/adapters?counters=true");
        Assert.Single(list!.AsArray());
        (response, _) = await _daemon.SendAsync("DELETE", "/v1/guests/a/adapters/0");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await _daemon.FailAsync(ErrorCodes.AdapterNotFound, 404, "DELETE", "/v1/guests/a/adapters/0");
        await _daemon.FailAsync(ErrorCodes.AdapterNotFound, 404, "DELETE", "/v1/guests/a/adapters/first");
        await _daemon.FailAsync(ErrorCodes.GuestNotFound, 404, "GET", "/v1/guests/b/adapters");
    }

    [Fact]
    public async Task The_same_key_adds_no_second_adapter()
    {
        foreach (int _ in (int[])[1, 2])
        {
            (HttpResponseMessage response, JsonNode? adapter) = await _daemon.SendAsync("POST", "/v1/guests/a/adapters", "{}", ("Idempotency-Key", "k"));
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.Equal(0, (int)adapter!["id"]!);
        }

        Assert.Single(_daemon.Guests.Adapters);
    }

    [Fact]
    public async Task Disks_likewise()
    {
        (HttpResponseMessage response, JsonNode? disk) = await _daemon.SendAsync("POST", "/v1/guests/a/disks", """{"path":"/srv/a.img","size":1048576}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/srv/a.img", (string)disk!["path"]!);
        await _daemon.FailAsync(ErrorCodes.DeviceTimeout, 504, "DELETE", "/v1/guests/a/disks/0?force=true");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests/a/disks", "{}");
        _daemon.Guests.Failure = new LightVMException(ErrorCodes.DiskInUse, "It is in use.", "a");
        await _daemon.FailAsync(ErrorCodes.DiskInUse, 409, "POST", "/v1/guests/a/disks", """{"path":"/srv/a.img"}""");
    }

    [Fact]
    public async Task Nulls_in_lists_are_refused()
    {
        foreach (string list in (string[])["adapters", "disks", "publish", "arguments", "files"])
        {
            await _daemon.FailAsync(
                ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests", $$"""{"guests":[{"name":"b","image":"i","{{list}}":[null]}]}""");
        }
    }

    [Fact]
    public async Task A_guest_that_is_taken_out_of_its_fleet_leaves_the_inventory_and_not_the_revision()
    {
        (_, JsonNode? guest) = await _daemon.SendAsync("GET", "/v1/guests/a");
        await _daemon.SendAsync("PUT", "/v1/fleets/f", $$"""{"name":"f","guests":["{{guest!["id"]}}"]}""");
        await _daemon.SendAsync("PATCH", "/v1/guests/a", """{"fleet":""}""");
        (HttpResponseMessage response, JsonNode? fleet) = await _daemon.SendAsync("GET", "/v1/fleets/f");
        Assert.Empty(fleet!["guests"]!.AsArray());
        Assert.Equal("\"1\"", response.Headers.ETag!.Tag);
    }
}
