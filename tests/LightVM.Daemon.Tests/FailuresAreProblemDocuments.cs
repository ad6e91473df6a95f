using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>Whatever goes wrong is told as a problem document that names what and where.</summary>
public sealed class FailuresAreProblemDocuments : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task An_unknown_path() =>
        await _daemon.FailAsync(ErrorCodes.FeatureMissing, 404, "GET", "/v2/guests");

    [Fact]
    public async Task A_wrong_method_names_the_allowed_ones()
    {
        (HttpResponseMessage response, _) = await _daemon.SendAsync("DELETE", "/v1/host");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Contains("GET", response.Content.Headers.Allow);
        JsonNode problem = await _daemon.FailAsync(ErrorCodes.InvalidArgument, 405, "DELETE", "/v1/host");
        Assert.Contains("GET", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no body")]
    [InlineData("{", "line 1")]
    [InlineData("null", "null")]
    [InlineData("[]", "wrong type")]
    [InlineData("{}", "guests")]
    [InlineData("""{"guests":[]}""", "1 to 10000")]
    [InlineData("""{"guests":[null]}""", "guests[0]")]
    [InlineData("""{"guests":null}""", "guests")]
    [InlineData("""{"guests":[{"name":"a","image":"b","memroy":1}]}""", "memroy")]
    [InlineData("""{"guests":[{"name":"a","image":"b"}],"extra":1}""", "extra")]
    [InlineData("""{"guests":[{"name":"a"}]}""", "image")]
    [InlineData("""{"guests":[{"name":"a","name":"b","image":"c"}]}""", "name")]
    [InlineData("""{"guests":[{"name":"a","image":"b","memory":"4MB"}]}""", "memory")]
    [InlineData("""{"guests":[{"name":"a","image":"b","memory":99999999999999999999}]}""", "memory")]
    [InlineData("""{"guests":[{"name":"a","image":"b","restartPolicy":"sometimes"}]}""", "never, onFailure, always")]
    [InlineData("""{"guests":[{"name":"a","image":"b","restartPolicy":1}]}""", "never, onFailure, always")]
    [InlineData("""{"guests":[{"name":"a","image":"b","labels":{"k":null}}]}""", "labels")]
    public async Task A_body_that_is_not_understood(string body, string named)
    {
        JsonNode problem = await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests", body);
        Assert.True(((string)problem["detail"]!).Contains(named, StringComparison.Ordinal), (string)problem["detail"]!);
        Assert.DoesNotContain("System.", (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal(0, _daemon.Guests.CreateCalls);
    }

    [Theory]
    [InlineData("/v1/guests?nmae=x", "nmae")]
    [InlineData("/v1/guests?state=asleep", "asleep")]
    [InlineData("/v1/guests?state=1", "'1'")]
    [InlineData("/v1/events?after=-1", "-1")]
    [InlineData("/v1/events?after=1&after=2", "twice")]
    [InlineData("/v1/events?follow=maybe", "maybe")]
    public async Task A_query_that_is_not_understood(string path, string named)
    {
        JsonNode problem = await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "GET", path);
        Assert.Contains(named, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large(bool keyed)
    {
        string body = "{\"guests\":[{\"name\":\"" + new string('a', 4 << 20) + "\"}]}";
        await _daemon.FailAsync(
            ErrorCodes.InvalidArgument, 413, "POST", "/v1/guests", body, keyed ? [("Idempotency-Key", "k")] : []);
    }

    [Fact]
    public async Task A_large_body_within_the_limit_is_taken()
    {
        string body = "{\"guests\":[" + string.Join(',', Enumerable.Range(0, 9000).Select(
            i => $$$"""{"name":"guest-{{{i}}}","image":"{{{new string('i', 300)}}}"}""")) + "]}";
        (HttpResponseMessage response, JsonNode? answer) = await _daemon.SendAsync("POST", "/v1/guests", body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(9000, answer!["results"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_is_not_there()
    {
        await _daemon.FailAsync(ErrorCodes.GuestNotFound, 404, "GET", "/v1/guests/nobody");
        await _daemon.FailAsync(ErrorCodes.GuestNotFound, 404, "PATCH", "/v1/guests/nobody", "{}");
        await _daemon.FailAsync(ErrorCodes.GuestNotFound, 404, "GET", "/v1/guests/nobody/console");
        await _daemon.FailAsync(ErrorCodes.OperationNotFound, 404, "GET", "/v1/operations/1");
        await _daemon.FailAsync(ErrorCodes.FleetNotFound, 404, "GET", "/v1/fleets/x");
    }

    [Fact]
    public async Task Problems_in_a_batch_are_whole_too()
    {
        (HttpResponseMessage response, JsonNode? answer) = await _daemon.SendAsync(
            "POST", "/v1/guests/actions", """{"action":"start","names":["nobody"]}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonNode problem = answer!["results"]![0]!["problem"]!;
        Assert.Equal(404, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["title"]!);
        Assert.NotEmpty((string)problem["recommendation"]!);
    }

    [Fact]
    public async Task An_unexpected_failure_is_logged_under_the_number_in_its_answer()
    {
        _daemon.Guests.Failure = new InvalidOperationException("secret detail");
        JsonNode problem = await _daemon.FailAsync(ErrorCodes.InternalError, 500, "GET", "/v1/guests");
        string id = (string)problem["details"]!["correlationId"]!;
        Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(id, _daemon.Log.ToString(), StringComparison.Ordinal);
        Assert.Contains("secret detail", _daemon.Log.ToString(), StringComparison.Ordinal);
    }
}
