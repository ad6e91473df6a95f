using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>What the guest routes hand on, and how they answer.</summary>
public sealed class GuestRoutes : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task The_actor_is_the_user_at_the_other_end()
    {
        await Make("a");
        Assert.StartsWith($"uid:{Libc.EffectiveUserId()}", _daemon.Guests.LastActor, StringComparison.Ordinal);
        if (Libc.EffectiveUserId() == 0)
        {
            Assert.Equal("uid:0 (root)", _daemon.Guests.LastActor);
        }
    }

    [Fact]
    public async Task A_change_needs_the_revision_that_it_was_read_at()
    {
        await Make("a");
        (HttpResponseMessage response, JsonNode? guest) = await _daemon.SendAsync("GET", "/v1/guests/a");
        Assert.Equal("\"1\"", response.Headers.ETag!.Tag);
        string path = $"/v1/guests/{guest!["id"]}";
        (response, _) = await _daemon.SendAsync("PATCH", path, """{"labels":{"x":"y"}}""", ("If-Match", "\"1\""));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"2\"", response.Headers.ETag!.Tag);
        await _daemon.FailAsync(ErrorCodes.RevisionConflict, 412, "PATCH", path, """{"labels":{}}""", ("If-Match", "\"1\""));
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PATCH", path, "{}", ("If-Match", "yesterday"));
        (response, _) = await _daemon.SendAsync("PATCH", path, """{"labels":{}}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_list_is_filtered_by_what_the_query_says()
    {
        await _daemon.SendAsync("GET", "/v1/guests?name=a*&name=b&state=running&label=tier=front&label=x&fleet=f");
        var filter = _daemon.Guests.LastFilter!;
        Assert.Equal(["a*", "b"], filter.Names);
        Assert.Equal(GuestState.Running, filter.State);
        Assert.Equal([new("tier", "front"), new("x", null)], filter.Labels);
        Assert.Equal("f", filter.Fleet);
    }

    [Fact]
    public async Task Both_sockets_serve_the_same()
    {
        await Make("a");
        using HttpClient http2 = TestDaemon.MakeClient(_daemon.Paths.Http2Socket, HttpVersion.Version20);
        HttpResponseMessage response = await http2.GetAsync("/v1/guests");
        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Contains("\"a\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sockets_are_for_their_group_and_nobody_else()
    {
        foreach (string path in (string[])[_daemon.Paths.Socket, _daemon.Paths.Http2Socket])
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task A_shutdown_of_the_host_hands_its_limit_on()
    {
        int code = ShutdownGuestsCommand.Run(_daemon.Paths.Socket, TimeSpan.FromSeconds(7));
        Assert.Equal(0, code);
        Assert.Equal(TimeSpan.FromSeconds(7), _daemon.Guests.ShutdownLimit);
        Assert.Equal(1, ShutdownGuestsCommand.Run(_daemon.Paths.Socket + "x", TimeSpan.Zero));
        await Task.CompletedTask;
    }

    private async Task Make(string name) =>
        await _daemon.SendAsync("POST", "/v1/guests", $$$"""{"guests":[{"name":"{{{name}}}","image":"i"}]}""");
}
