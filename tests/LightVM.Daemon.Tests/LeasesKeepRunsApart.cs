using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>One run of a fleet at a time, whatever becomes of its process and of the daemon.</summary>
public sealed class LeasesKeepRunsApart : IDisposable
{
    private const string Mine = "11111111-1111-1111-1111-111111111111";
    private const string Theirs = "22222222-2222-2222-2222-222222222222";
    private readonly string _directory = Directory.CreateTempSubdirectory("lvmd-").FullName;
    private readonly Clock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_second_run_is_told_who_has_the_fleet_since_when_and_until()
    {
        await using TestDaemon daemon = await StartAsync();
        (HttpResponseMessage response, JsonNode? lease) = await daemon.SendAsync("PUT", "/v1/fleets/web/lease", Request(Mine));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("web", 0L), ((string)lease!["fleet"]!, (long)lease["revision"]!));
        _clock.Now += TimeSpan.FromSeconds(10);
        JsonNode refused = await daemon.FailAsync(ErrorCodes.FleetLocked, 409, "PUT", "/v1/fleets/web/lease", Request(Theirs));
        Assert.Contains("pwsh 11111111, uid:", (string)refused["detail"]!, StringComparison.Ordinal);
        Assert.Contains("since 2026-01-02 03:04:05 UTC", (string)refused["detail"]!, StringComparison.Ordinal);
        Assert.Contains("free in 20 s", (string)refused["recommendation"]!, StringComparison.Ordinal);
        (response, _) = await daemon.SendAsync("PUT", "/v1/fleets/other/lease", Request(Theirs));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task It_is_free_when_it_was_given_up()
    {
        await using TestDaemon daemon = await StartAsync();
        await TakeAsync(daemon, Mine);
        await daemon.SendAsync("DELETE", $"/v1/fleets/web/lease/{Theirs}");
        await daemon.FailAsync(ErrorCodes.FleetLocked, 409, "PUT", "/v1/fleets/web/lease", Request(Theirs));
        (HttpResponseMessage response, _) = await daemon.SendAsync("DELETE", $"/v1/fleets/web/lease/{Mine}");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await TakeAsync(daemon, Theirs);
    }

    [Fact]
    public async Task A_dead_holders_ends_and_a_living_ones_does_not()
    {
        await using TestDaemon daemon = await StartAsync();
        await TakeAsync(daemon, Mine);
        for (int i = 0; i < 5; i++)
        {
            _clock.Now += TimeSpan.FromSeconds(20);
            await TakeAsync(daemon, Mine);
        }

        await daemon.FailAsync(ErrorCodes.FleetLocked, 409, "PUT", "/v1/fleets/web/lease", Request(Theirs));
        _clock.Now += TimeSpan.FromSeconds(31);
        await TakeAsync(daemon, Theirs);
        await daemon.FailAsync(ErrorCodes.FleetLocked, 409, "PUT", "/v1/fleets/web/lease", Request(Mine));
    }

    [Fact]
    public async Task A_holder_that_was_away_too_long_changes_nothing_any_more()
    {
        await using TestDaemon daemon = await StartAsync();
        await TakeAsync(daemon, Mine);
        (HttpResponseMessage response, _) = await daemon.SendAsync("PUT", "/v1/fleets/web", """{"name":"web","specDigest":"1"}""", (FleetLease.Header, Mine));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        _clock.Now += TimeSpan.FromSeconds(31);
        await daemon.FailAsync(ErrorCodes.LeaseLost, 409, "POST", "/v1/guests", """{"guests":[]}""", (FleetLease.Header, Mine));
        await TakeAsync(daemon, Theirs);
        await daemon.FailAsync(ErrorCodes.LeaseLost, 409, "PUT", "/v1/fleets/web", """{"name":"web","specDigest":"2"}""", (FleetLease.Header, Mine), ("Idempotency-Key", "k1"));
        (_, JsonNode? fleet) = await daemon.SendAsync("GET", "/v1/fleets/web");
        Assert.Equal("1", (string)fleet!["specDigest"]!);
    }

    [Fact]
    public async Task Nobody_else_records_or_forgets_a_fleet_that_is_being_changed()
    {
        await using TestDaemon daemon = await StartAsync();
        await daemon.SendAsync("PUT", "/v1/fleets/web", """{"name":"web","specDigest":"1"}""");
        (_, JsonNode? lease) = await daemon.SendAsync("PUT", "/v1/fleets/web/lease", Request(Mine));
        Assert.Equal(1L, (long)lease!["revision"]!);
        await daemon.FailAsync(ErrorCodes.FleetLocked, 409, "PUT", "/v1/fleets/web", """{"name":"web","specDigest":"2"}""");
        await daemon.FailAsync(ErrorCodes.FleetLocked, 409, "DELETE", "/v1/fleets/web");
        (HttpResponseMessage response, _) = await daemon.SendAsync("DELETE", "/v1/fleets/web", headers: (FleetLease.Header, Mine));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task A_restart_of_the_daemon_keeps_it_and_gives_its_holder_the_whole_time_again()
    {
        await using (TestDaemon daemon = await StartAsync())
        {
            await TakeAsync(daemon, Mine);
        }

        _clock.Now += TimeSpan.FromSeconds(40);
        await using TestDaemon next = await StartAsync();
        JsonNode refused = await next.FailAsync(ErrorCodes.FleetLocked, 409, "PUT", "/v1/fleets/web/lease", Request(Theirs));
        Assert.Contains("since 2026-01-02 03:04:05 UTC", (string)refused["detail"]!, StringComparison.Ordinal);
        await TakeAsync(next, Mine);
        _clock.Now += TimeSpan.FromSeconds(31);
        await TakeAsync(next, Theirs);
    }

    [Theory]
    [InlineData("""{"holder":"x"}""")]
    [InlineData("""{"id":"11111111-1111-1111-1111-111111111111","durationMs":999}""")]
    [InlineData("""{"id":"11111111-1111-1111-1111-111111111111","durationMs":600001}""")]
    [InlineData("{\"id\":\"11111111-1111-1111-1111-111111111111\",\"holder\":\"two\\nlines\"}")]
    [InlineData("""{"id":"11111111-1111-1111-1111-111111111111","forever":true}""")]
    public async Task What_makes_no_sense_is_refused(string body)
    {
        await using TestDaemon daemon = await StartAsync();
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/web/lease", body);
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/No_Label/lease", Request(Mine));
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "DELETE", "/v1/fleets/web/lease/x");
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "GET", "/v1/guests", headers: (FleetLease.Header, "x"));
    }

    private static string Request(string id) => $$"""{"id":"{{id}}","holder":"pwsh {{id[..8]}}","durationMs":30000}""";

    private static async Task TakeAsync(TestDaemon daemon, string id)
    {
        (HttpResponseMessage response, _) = await daemon.SendAsync("PUT", "/v1/fleets/web/lease", Request(id));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task<TestDaemon> StartAsync() => TestDaemon.StartAsync(directory: _directory, clock: _clock);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
