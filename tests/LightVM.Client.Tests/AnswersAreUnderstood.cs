namespace LightVM.Client.Tests;

public sealed class AnswersAreUnderstood
{
    private const string Guest = """{"name":"a","id":"6f0d3c1e-6a57-4f39-8b70-0c1f1c2d3e4f","state":"running","image":"hello","memory":4194304,"vcpuCount":2,"uptimeMs":1500,"startupMs":6.5,"new":1}""";

    [Fact]
    public async Task Guests_carry_the_name_of_their_host()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(c, $"[{Guest}]"));
        using LightVMClient client = daemon.Client();
        Guest guest = Assert.Single(await client.Guests.ListAsync());
        Assert.Equal(client.HostName, guest.HostName);
        Assert.Equal(GuestState.Running, guest.State);
        Assert.Equal(2, guest.VCpuCount);
        Assert.Equal(TimeSpan.FromSeconds(1.5), guest.Uptime);
        Assert.Equal(6.5, guest.StartupTime!.Value.TotalMilliseconds);
    }

    [Fact]
    public async Task A_query_is_escaped()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(c, "[]"));
        using LightVMClient client = daemon.Client();
        await client.Guests.ListAsync(new GuestQuery
        {
            Names = ["a*", "b&c"],
            State = GuestState.Stopped,
            Labels = new Dictionary<string, string> { ["tier"] = "fr ont=x" },
        });
        Assert.Equal("/v1/guests?name=a%2A&name=b%26c&state=stopped&label=tier%3Dfr%20ont%3Dx", daemon.Requests[0].Uri);
    }

    [Fact]
    public async Task A_problem_document_is_the_error()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(
            c, """{"code":"GuestNotFound","detail":"There is no guest 'x'.","target":"x","recommendation":"Look."}""", 404, "application/problem+json"));
        using LightVMClient client = daemon.Client();
        var e = await Assert.ThrowsAsync<LightVMException>(() => client.Guests.GetAsync("x"));
        Assert.Equal(ErrorCodes.GuestNotFound, e.Problem.Code);
        Assert.Equal("x", e.Problem.Target);
        Assert.Equal("There is no guest 'x'.", e.Message);
    }

    [Fact]
    public async Task An_unknown_request_is_a_missing_feature()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(c, "", 404, "text/plain"));
        using LightVMClient client = daemon.Client();
        var e = await Assert.ThrowsAsync<LightVMException>(() => client.Fleets.ListAsync());
        Assert.Equal(ErrorCodes.FeatureMissing, e.Problem.Code);
        Assert.Contains("/v1/fleets", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\":")]
    [InlineData("null")]
    [InlineData("<html>")]
    public async Task An_answer_that_is_none_names_both_versions(string body)
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(c, body));
        using LightVMClient client = daemon.Client();
        var e = await Assert.ThrowsAsync<LightVMException>(() => client.Host.GetAsync());
        Assert.Equal(ErrorCodes.InternalError, e.Problem.Code);
        Assert.Contains("version", e.Problem.Recommendation, StringComparison.Ordinal);
    }
}
