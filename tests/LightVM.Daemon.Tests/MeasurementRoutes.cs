using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>/v1/measurements: the filters of /v1/guests, and counters of each device.</summary>
public sealed class MeasurementRoutes
{
    [Fact]
    public async Task One_answer_tells_of_all_guests()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync();
        daemon.Guests.Measured = [Measurements.Of("web", cpuMs: 1500.25)];

        (HttpResponseMessage response, JsonNode? body) = await daemon.SendAsync("GET", "/v1/measurements");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonNode guest = Assert.Single(body!.AsArray())!;
        Assert.Equal(("web", 1500.25, 7), ((string)guest["name"]!, (double)guest["cpuTimeMs"]!, (int)guest["domainId"]!));
        Assert.Equal(300, (long)guest["adapters"]![0]!["counters"]!["sentBytes"]!);
        Assert.Null(guest["networkSentBytes"]); // sums are the reader's to make
    }

    [Fact]
    public async Task It_is_filtered_as_guests_are()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync();
        await daemon.SendAsync("GET", "/v1/measurements?name=web-*&name=db&state=running&label=tier%3Dfront&label=x&fleet=shop");
        Assert.Equal(["web-*", "db"], daemon.Guests.LastFilter!.Names);
        Assert.Equal((GuestState.Running, "shop"), (daemon.Guests.LastFilter.State, daemon.Guests.LastFilter.Fleet));
        Assert.Equal([new("tier", "front"), new("x", null)], daemon.Guests.LastFilter.Labels);
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "GET", "/v1/measurements?colour=blue");
    }
}
