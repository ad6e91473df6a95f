using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>/v1/moves: streams that end well, and that do not, by HTTP/1.1 and by HTTP/2; steps.</summary>
public sealed class MoveRoutes : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly Guid _move = Guid.NewGuid();
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    public void Dispose() => _limit.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_sends_says_that_all_is_sent_and_ends_well_when_it_is_given_up(bool http2)
    {
        _daemon.Moves.ToSend = [[1, 2, 3], [4, 5]];
        using WebSocket socket = await _daemon.OpenSocketAsync($"/v1/moves/{_move}/send?guest=web&peer=xen2", http2, _limit.Token);
        Assert.Equal([1, 2, 3], await MessageAsync(socket));
        Assert.Equal([4, 5], await MessageAsync(socket));
        Assert.Contains("\"sent\":true", Text(await MessageAsync(socket)), StringComparison.Ordinal);
        (_, JsonNode? token) = await _daemon.SendAsync("POST", $"/v1/moves/{_move}/give-up");
        Assert.Equal(64, ((string)token!["token"]!).Length);
        Assert.Equal("{}", Text(await MessageAsync(socket)));
        Assert.Equal(["send web to xen2", "give up"], _daemon.Moves.Steps);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_sees_that_its_mover_has_gone(bool http2)
    {
        _daemon.Moves.ToSend = [[1]];
        using (WebSocket socket = await _daemon.OpenSocketAsync($"/v1/moves/{_move}/send?guest=web&peer=xen2", http2, _limit.Token))
        {
            Assert.Equal([1], await MessageAsync(socket));
        }

        await _daemon.Moves.SeenClosed.Task.WaitAsync(_limit.Token);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_destination_takes_messages_and_answers_at_the_empty_one(bool http2)
    {
        using WebSocket socket = await _daemon.OpenSocketAsync(
            $"/v1/moves/{_move}/receive?peer=xen1&acceptNewAddress=true&sharedDisks=true", http2, _limit.Token);
        byte[] large = new byte[100_000];
        new Random(3).NextBytes(large);
        await socket.SendAsync(large.AsMemory(0, 70_000), WebSocketMessageType.Binary, false, _limit.Token);
        await socket.SendAsync(large.AsMemory(70_000), WebSocketMessageType.Binary, true, _limit.Token);
        await socket.SendAsync(new byte[] { 9 }, WebSocketMessageType.Binary, true, _limit.Token);
        await socket.SendAsync(Memory<byte>.Empty, WebSocketMessageType.Binary, true, _limit.Token);
        Assert.Equal("{}", Text(await MessageAsync(socket)));
        Assert.True(await _daemon.Moves.ReceiveEnded.Task.WaitAsync(_limit.Token));
        Assert.Equal([large, [9]], _daemon.Moves.Received);
        Assert.Equal(["receive from xen1, any address, shared disks"], _daemon.Moves.Steps);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_destination_drops_what_does_not_come_to_its_end(bool http2)
    {
        using (WebSocket socket = await _daemon.OpenSocketAsync($"/v1/moves/{_move}/receive?peer=xen1", http2, _limit.Token))
        {
            await socket.SendAsync(new byte[] { 9 }, WebSocketMessageType.Binary, true, _limit.Token);
        }

        Assert.False(await _daemon.Moves.ReceiveEnded.Task.WaitAsync(_limit.Token));
    }

    [Fact]
    public async Task A_destination_says_why_in_the_middle_of_it()
    {
        _daemon.Moves.Refusal = new LightVMException(ErrorCodes.AddressInUse, "Somebody has that address.", "web");
        using WebSocket socket = await _daemon.OpenSocketAsync($"/v1/moves/{_move}/receive?peer=xen1", http2: false, _limit.Token);
        await socket.SendAsync(new byte[] { 9 }, WebSocketMessageType.Binary, true, _limit.Token);
        JsonNode end = JsonNode.Parse(Text(await MessageAsync(socket)))!;
        Assert.Equal(ErrorCodes.AddressInUse, (string?)end["problem"]!["code"]);
        Assert.NotNull((string?)end["problem"]!["recommendation"]);
        Assert.False(await _daemon.Moves.ReceiveEnded.Task.WaitAsync(_limit.Token));
    }

    [Fact]
    public async Task A_message_beyond_all_bounds_is_refused()
    {
        using WebSocket socket = await _daemon.OpenSocketAsync($"/v1/moves/{_move}/receive?peer=xen1", http2: false, _limit.Token);
        await socket.SendAsync(new byte[300_000], WebSocketMessageType.Binary, true, _limit.Token);
        JsonNode end = JsonNode.Parse(Text(await MessageAsync(socket)))!;
        Assert.Equal(ErrorCodes.InvalidArgument, (string?)end["problem"]!["code"]);
    }

    [Fact]
    public async Task What_speaks_against_sending_is_said_before_the_first_byte()
    {
        (HttpResponseMessage response, JsonNode? body) = await _daemon.SendAsync("GET", $"/v1/moves/{_move}/send?guest=gone&peer=x");
        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal(ErrorCodes.GuestNotFound, (string?)body!["code"]);
        (response, _) = await _daemon.SendAsync("GET", $"/v1/moves/{_move}/send?guest=web");
        Assert.Equal(400, (int)response.StatusCode);
        (response, _) = await _daemon.SendAsync("POST", "/v1/moves/nonsense/give-up");
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task Steps_are_asked_for_by_the_moves_id()
    {
        (HttpResponseMessage response, JsonNode? body) = await _daemon.SendAsync("POST", $"/v1/moves/{_move}/start", """{"token":"t"}""");
        Assert.Equal("running", (string?)body!["state"]);
        (response, _) = await _daemon.SendAsync("POST", $"/v1/moves/{_move}/complete");
        Assert.Equal(204, (int)response.StatusCode);
        (response, _) = await _daemon.SendAsync("POST", $"/v1/moves/{_move}/settle");
        Assert.Equal(204, (int)response.StatusCode);
        (response, _) = await _daemon.SendAsync("DELETE", $"/v1/moves/{_move}");
        Assert.Equal(204, (int)response.StatusCode);
        (response, body) = await _daemon.SendAsync("POST", $"/v1/moves/{_move}/take-back");
        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal(ErrorCodes.MoveNotFound, (string?)body!["code"]);
        Assert.Equal(["start t", "complete", "settle", "abort"], _daemon.Moves.Steps);
    }

    private static string Text(byte[] message) => Encoding.UTF8.GetString(message);

    private async Task<byte[]> MessageAsync(WebSocket socket)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer.AsMemory(length), _limit.Token);
            length += result.Count;
        }
        while (!result.EndOfMessage);
        return buffer[..length];
    }
}
