using Microsoft.AspNetCore.Http;

namespace LightVM.Client.Tests;

/// <summary>A run's requests carry its lease, and nobody else's do; a daemon of an earlier version is asked for nothing that it does not know.</summary>
public sealed class RunsHoldALease
{
    private const string Id = "11111111-1111-1111-1111-111111111111";
    private readonly List<(string What, string? Lease)> asked = [];
    private string features = """["revisions","leases"]""";

    [Fact]
    public async Task In_a_header_of_each_request()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(AnswerAsync);
        using LightVMClient client = daemon.Client();
        FleetLease lease = (await client.Fleets.TakeLeaseAsync("web", new FleetLeaseRequest { Id = Guid.Parse(Id) }))!;
        LightVMClient run = client.Under(lease);
        await run.Fleets.PutAsync(new Fleet { Name = "web", Run = new FleetRevision() });
        await run.Images.ListAsync();
        run.Dispose();
        await client.Fleets.ReleaseLeaseAsync("web", lease.Id);
        Assert.Equal(
            [("GET /v1/host", null), ("PUT /v1/fleets/web/lease", null), ("PUT /v1/fleets/web", Id), ("GET /v1/images", Id), ($"DELETE /v1/fleets/web/lease/{Id}", null)], asked);
    }

    [Fact]
    public async Task Where_there_are_none_it_asks_for_none_and_tells_of_no_run()
    {
        features = "[]";
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(AnswerAsync);
        using LightVMClient client = daemon.Client();
        Assert.Null(await client.Fleets.TakeLeaseAsync("web", new FleetLeaseRequest { Id = Guid.Parse(Id) }));
        await client.Fleets.PutAsync(new Fleet { Name = "web", Run = new FleetRevision() });
        Assert.DoesNotContain(asked, request => request.What.Contains("lease", StringComparison.Ordinal));
        Assert.DoesNotContain("run", body, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.FeatureMissing, (await Assert.ThrowsAsync<LightVMException>(() => client.Fleets.ListRevisionsAsync("web"))).Problem.Code);
        Assert.Equal(ErrorCodes.FeatureMissing, (await Assert.ThrowsAsync<LightVMException>(() => client.Fleets.RequireHostsAsync())).Problem.Code);
    }

    private string body = "";

    private async Task AnswerAsync(HttpContext http)
    {
        asked.Add(($"{http.Request.Method} {http.Request.Path}", http.Request.Headers[FleetLease.Header]));
        using var reader = new StreamReader(http.Request.Body);
        body = await reader.ReadToEndAsync();
        await CannedDaemon.Json(http, http.Request.Path.Value switch
        {
            "/v1/host" => $$"""{"name":"h","version":"1","features":{{features}}}""",
            "/v1/images" => "[]",
            "/v1/fleets/web/lease" => $$"""{"fleet":"web","id":"{{Id}}"}""",
            _ => """{"name":"web"}""",
        });
    }
}
