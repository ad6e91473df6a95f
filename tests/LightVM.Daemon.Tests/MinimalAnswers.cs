using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>Prefer: return=minimal: no body where the status says all; where anything failed, all of the answer.</summary>
public sealed class MinimalAnswers : IAsyncLifetime
{
    private const string A = """{"guests":[{"name":"a","image":"i"}]}""";
    private const string BC = """{"guests":[{"name":"b","image":"i"},{"name":"c","image":"i"}]}""";

    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task A_guest_that_is_made_is_named_by_the_location_alone()
    {
        (HttpResponseMessage response, JsonNode? body) = await PostAsync("/v1/guests", A);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Null(body);
        Assert.Equal("return=minimal", Assert.Single(response.Headers.GetValues("Preference-Applied")));
        (response, body) = await _daemon.SendAsync("GET", response.Headers.Location!.ToString());
        Assert.Equal("a", (string?)body!["name"]);
    }

    [Fact]
    public async Task Of_several_that_are_made_no_single_one_is_named()
    {
        (HttpResponseMessage response, JsonNode? body) = await PostAsync("/v1/guests", BC);
        Assert.Equal((HttpStatusCode.Created, null, null), (response.StatusCode, response.Headers.Location, body));
        (response, body) = await PostAsync("/v1/guests/actions", """{"action":"stop","names":["b","c"]}""");
        Assert.Equal((HttpStatusCode.NoContent, null), (response.StatusCode, body));
        Assert.True(response.Headers.Contains("Preference-Applied"));
    }

    [Fact]
    public async Task What_failed_in_part_is_answered_whole()
    {
        await PostAsync("/v1/guests", A);
        (HttpResponseMessage response, JsonNode? body) = await PostAsync("/v1/guests", """{"guests":[{"name":"a","image":"i"},{"name":"d","image":"i"}]}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Preference-Applied"));
        Assert.Equal(ErrorCodes.GuestExists, (string?)body!["results"]![0]!["problem"]!["code"]);
        Assert.Equal("d", (string?)body["results"]![1]!["guest"]!["name"]);
    }

    [Theory]
    [InlineData("return=minimal;x=y", HttpStatusCode.Created)]
    [InlineData("wait=3, Return=Minimal", HttpStatusCode.Created)]
    [InlineData("return=representation", HttpStatusCode.OK)]
    [InlineData("return=minimalistic,", HttpStatusCode.OK)]
    [InlineData("return=minimal, respond-async", HttpStatusCode.Accepted)]
    public async Task Preferences_are_told_apart(string prefer, HttpStatusCode expected)
    {
        (HttpResponseMessage response, _) = await _daemon.SendAsync("POST", "/v1/guests", A, ("Prefer", prefer));
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Asked_again_with_its_key_it_gets_the_same_and_makes_nothing()
    {
        for (int i = 0; i < 2; i++)
        {
            (HttpResponseMessage response, JsonNode? body) = await _daemon.SendAsync(
                "POST", "/v1/guests", A, ("Prefer", "return=minimal"), ("Idempotency-Key", "k"));
            Assert.Equal((HttpStatusCode.Created, null), (response.StatusCode, body));
            Assert.Equal($"/v1/guests/{_daemon.Guests.Table.Values.Single().Id}", response.Headers.Location!.ToString());
        }

        Assert.Equal(1, _daemon.Guests.CreateCalls);
    }

    private Task<(HttpResponseMessage Response, JsonNode? Body)> PostAsync(string path, string body) =>
        _daemon.SendAsync("POST", path, body, ("Prefer", "return=minimal"));
}
