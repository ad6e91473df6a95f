namespace LightVM.Daemon.Tests;

/// <summary>A console is a stream of lines, sent as they come; one that is cut is not one that has ended.</summary>
public sealed class ConsoleStreams : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync()
    {
        _daemon = await TestDaemon.StartAsync();
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"a","image":"i"}]}""");
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task Lines_come_one_by_one_and_the_stream_ends_with_the_guest()
    {
        using HttpResponseMessage response = await _daemon.Client.GetAsync(
            "/v1/guests/a/console?follow=true", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (int i = 1; i <= 3; i++)
        {
            _daemon.Guests.Console.Writer.TryWrite(new ConsoleLine { Sequence = i, Text = $"line {i} ü" });
            string? line = await reader.ReadLineAsync();
            Assert.Equal(i, System.Text.Json.JsonSerializer.Deserialize(line!, LightVMJson.Default.ConsoleLine)!.Sequence);
        }

        _daemon.Guests.Console.Writer.Complete();
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task A_daemon_that_ends_cuts_its_streams()
    {
        using HttpResponseMessage response = await _daemon.Client.GetAsync(
            "/v1/guests/a/console?follow=true", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        _daemon.Guests.Console.Writer.TryWrite(new ConsoleLine { Sequence = 1 });
        Assert.NotNull(await reader.ReadLineAsync());
        Task<string?> waiting = reader.ReadLineAsync();
        await _daemon.StopAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => waiting);
    }

    [Fact]
    public async Task Events_stream_likewise()
    {
        long last = _daemon.Events.LastSequence; // of what the daemon's own start has told
        _daemon.Events.Append("GuestCreated", "x", null, "m", "daemon");
        using HttpResponseMessage response = await _daemon.Client.GetAsync($"/v1/events?after={last}&follow=true", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains($"\"sequence\":{last + 1}", await reader.ReadLineAsync(), StringComparison.Ordinal);
        _daemon.Events.Append("GuestRemoved", "x", null, "m", "daemon");
        Assert.Contains("GuestRemoved", await reader.ReadLineAsync(), StringComparison.Ordinal);
        (_, var tail) = await _daemon.SendAsync("GET", "/v1/events?tail=1");
        Assert.Equal(last + 2, (long)tail!["sequence"]!);
    }
}
