using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace LightVM.Daemon.Tests;

/// <summary>Consoles and ports as WebSockets, by HTTP/1.1 and by HTTP/2 alike.</summary>
public sealed class SocketsCarryBytes : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly TcpListener _guest = new(IPAddress.Loopback, 0);
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync()
    {
        _daemon = await TestDaemon.StartAsync();
        await _daemon.SendAsync("POST", "/v1/guests", """{"guests":[{"name":"a","image":"i"}]}""");
        _guest.Start();
        _daemon.Guests.Port = (IPEndPoint)_guest.LocalEndpoint;
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    public void Dispose()
    {
        _guest.Dispose();
        _limit.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_console_both_ways_with_its_window_and_its_end(bool http2)
    {
        using WebSocket socket = await OpenAsync("/v1/guests/a/console/attach?columns=100&rows=30", http2);
        Assert.Equal((100, 30), await _daemon.Guests.Attached.Windows.Reader.ReadAsync(_limit.Token));
        _daemon.Guests.Attached.Output.Writer.TryWrite("login: "u8.ToArray());
        Assert.Equal("login: ", await ReadTextAsync(socket, 7));
        await socket.SendAsync("root\r"u8.ToArray(), WebSocketMessageType.Binary, true, _limit.Token);
        Assert.Equal("root\r", Encoding.UTF8.GetString(await _daemon.Guests.Attached.Input.Reader.ReadAsync(_limit.Token)));
        await socket.SendAsync("""{"columns":80,"rows":24}"""u8.ToArray(), WebSocketMessageType.Text, true, _limit.Token);
        Assert.Equal((80, 24), await _daemon.Guests.Attached.Windows.Reader.ReadAsync(_limit.Token));
        _daemon.Guests.Attached.EndReason = "poweroff";
        _daemon.Guests.Attached.Output.Writer.Complete();
        byte[] buffer = new byte[256];
        WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, _limit.Token);
        Assert.Equal(WebSocketMessageType.Text, result.MessageType);
        Assert.Equal("""{"end":"poweroff"}""", Encoding.UTF8.GetString(buffer, 0, result.Count));
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(buffer, _limit.Token)).MessageType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_of_whose_directions_each_ends_by_itself(bool http2)
    {
        using WebSocket socket = await OpenAsync("/v1/guests/a/ports/80", http2);
        using Socket guest = await _guest.AcceptSocketAsync(_limit.Token);
        // Many times what buffers hold, so back-pressure is in it.
        byte[] much = new byte[8 << 20];
        new Random(1).NextBytes(much);
        Task sending = Task.Run(async () =>
        {
            await socket.SendAsync(much, WebSocketMessageType.Binary, true, _limit.Token);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _limit.Token);
        });
        Assert.Equal(much, await ReadAllAsync(guest));
        await sending;
        // The guest knows that no more comes, and answers still.
        Task answering = Task.Run(async () =>
        {
            for (ReadOnlyMemory<byte> left = much; !left.IsEmpty;)
            {
                left = left[await guest.SendAsync(left, _limit.Token)..];
            }

            guest.Shutdown(SocketShutdown.Send);
        });
        using var answer = new MemoryStream();
        byte[] buffer = new byte[70_000];
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, _limit.Token);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                Assert.Equal(WebSocketCloseStatus.NormalClosure, result.CloseStatus);
                break;
            }

            answer.Write(buffer, 0, result.Count);
        }

        await answering;
        Assert.Equal(much, answer.ToArray());
    }

    [Fact]
    public async Task A_client_that_goes_ends_the_guests_connection()
    {
        using WebSocket socket = await OpenAsync("/v1/guests/a/ports/80", http2: false);
        using Socket guest = await _guest.AcceptSocketAsync(_limit.Token);
        socket.Abort();
        Assert.Empty(await ReadAllAsync(guest));
    }

    [Fact]
    public async Task A_guest_that_breaks_off_is_no_proper_end()
    {
        using WebSocket socket = await OpenAsync("/v1/guests/a/ports/80", http2: false);
        using (Socket guest = await _guest.AcceptSocketAsync(_limit.Token))
        {
            guest.LingerState = new LingerOption(true, 0); // a reset
        }

        WebSocketReceiveResult result = await socket.ReceiveAsync(new byte[16], _limit.Token);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (result.MessageType, result.CloseStatus));
    }

    [Fact]
    public async Task What_speaks_against_it_is_said_before_the_upgrade()
    {
        await _daemon.FailAsync(ErrorCodes.GuestNotFound, 404, "GET", "/v1/guests/x/console/attach");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 426, "GET", "/v1/guests/a/console/attach");
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "GET", "/v1/guests/a/ports/70000");
        _daemon.Guests.Failure = new LightVMException(ErrorCodes.InvalidState, "Nothing listens on port 80.", "a");
        foreach (bool http2 in (bool[])[false, true])
        {
            WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync("/v1/guests/a/ports/80", http2));
            Assert.Contains("409", refused.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_daemon_that_ends_cuts_them()
    {
        using WebSocket socket = await OpenAsync("/v1/guests/a/console/attach", http2: false);
        _daemon.Guests.Attached.Output.Writer.TryWrite("x"u8.ToArray());
        Assert.Equal("x", await ReadTextAsync(socket, 1));
        Task<WebSocketReceiveResult> waiting = socket.ReceiveAsync(new byte[16], _limit.Token);
        await _daemon.StopAsync();
        await Assert.ThrowsAnyAsync<WebSocketException>(() => waiting);
    }

    private Task<WebSocket> OpenAsync(string path, bool http2) => _daemon.OpenSocketAsync(path, http2, _limit.Token);

    private async Task<string> ReadTextAsync(WebSocket socket, int count)
    {
        byte[] buffer = new byte[count];
        for (int done = 0; done < count;)
        {
            done += (await socket.ReceiveAsync(buffer.AsMemory(done), _limit.Token)).Count;
        }

        return Encoding.UTF8.GetString(buffer);
    }

    private async Task<byte[]> ReadAllAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[50_000];
        while (await socket.ReceiveAsync(buffer.AsMemory(), _limit.Token) is > 0 and var count)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }
}
