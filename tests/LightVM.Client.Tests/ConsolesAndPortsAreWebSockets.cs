using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace LightVM.Client.Tests;

/// <summary>The same on a socket (HTTP/1.1 upgrade) and through ssh (HTTP/2 extended CONNECT).</summary>
public sealed class ConsolesAndPortsAreWebSockets
{
    private const string Host = """{"name":"h","version":"0.1.0","features":["console-attach","port-forward","networks","adapters","disks","publish"]}""";

    private static readonly Guest Web = new() { Name = "web", Id = Guid.NewGuid(), Image = "http" };

    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_port_carries_bytes_both_ways_and_each_direction_ends_by_itself(bool byDial)
    {
        await using CannedDaemon daemon = await StartAsync(byDial, async socket =>
        {
            // Answers only when the client has said all: what it says is counted.
            var buffer = new byte[4096];
            long count = 0;
            while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: WebSocketMessageType.Binary } part)
            {
                count += part.Count;
            }

            await socket.SendAsync(Encoding.ASCII.GetBytes($"{count} bytes"), WebSocketMessageType.Binary, true, default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        using LightVMClient client = byDial ? daemon.DialingClient() : daemon.Client();
        await using PortStream port = await client.Ports.ConnectAsync(Web, 80);
        for (int i = 0; i < 100; i++)
        {
            await port.WriteAsync(new byte[1000]);
        }

        await port.EndWriteAsync();
        Assert.Equal("100000 bytes", await ReadAllAsync(port));
        Assert.Contains(daemon.Requests, request => request.Uri == $"/v1/guests/{Web.Id}/ports/80");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_console_tells_the_window_and_how_the_guest_ended(bool byDial)
    {
        await using CannedDaemon daemon = await StartAsync(byDial, async socket =>
        {
            var buffer = new byte[4096];
            ValueWebSocketReceiveResult size = await socket.ReceiveAsync(buffer.AsMemory(), default);
            string told = $"{size.MessageType} {Encoding.ASCII.GetString(buffer, 0, size.Count)}";
            ValueWebSocketReceiveResult input = await socket.ReceiveAsync(buffer.AsMemory(), default);
            told += $" {input.MessageType} {Encoding.ASCII.GetString(buffer, 0, input.Count)}";
            await socket.SendAsync(Encoding.ASCII.GetBytes(told), WebSocketMessageType.Binary, true, default);
            await socket.SendAsync("""{"end":"poweroff"}"""u8.ToArray(), WebSocketMessageType.Text, true, default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        using LightVMClient client = byDial ? daemon.DialingClient() : daemon.Client();
        await using ConsoleAttachment console = await client.Console.AttachAsync(Web.Id, Web.Name, 80, 24);
        await console.ResizeAsync(100, 30);
        await console.WriteAsync("hi\r"u8.ToArray());
        var text = new StringBuilder();
        var buffer = new byte[100];
        while (await console.ReadAsync(buffer) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        Assert.Equal("Text {\"columns\":100,\"rows\":30} Binary hi\r", text.ToString());
        Assert.Equal("poweroff", console.End);
        Assert.Contains(daemon.Requests, request => request.Uri == $"/v1/guests/{Web.Id}/console/attach?columns=80&rows=24");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_keeps_it_from_opening_is_the_daemons_problem(bool byDial)
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(
            context => context.Request.Path == "/v1/host"
                ? CannedDaemon.Json(context, Host)
                : CannedDaemon.Json(context, """{"code":"InvalidState","detail":"Nothing listens on port 80 of guest 'web'.","target":"web"}""", 409, "application/problem+json"),
            byDial);
        using LightVMClient client = byDial ? daemon.DialingClient() : daemon.Client();
        var e = await Assert.ThrowsAsync<LightVMException>(() => client.Ports.ConnectAsync(Web, 80));
        Assert.Equal(ErrorCodes.InvalidState, e.Problem.Code);
        Assert.Equal("Nothing listens on port 80 of guest 'web'.", e.Message);

        // The connection is as good as before.
        Assert.Equal("0.1.0", (await client.Host.GetAsync()).Version);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task One_that_breaks_says_so(bool byDial)
    {
        await using CannedDaemon daemon = await StartAsync(byDial, async socket =>
        {
            // Not before the client has it open: an abort may overtake the answer to the upgrade.
            await socket.ReceiveAsync(new byte[1].AsMemory(), default);
            socket.Abort();
        });
        using LightVMClient client = byDial ? daemon.DialingClient() : daemon.Client();
        await using PortStream port = await client.Ports.ConnectAsync(Web, 80);
        await port.WriteAsync("x"u8.ToArray());
        var e = await Assert.ThrowsAsync<LightVMException>(() => ReadAllAsync(port));
        Assert.Equal(ErrorCodes.HostUnreachable, e.Problem.Code);
        Assert.Contains("port 80 of guest 'web'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Many_are_open_at_once_beside_other_requests(bool byDial)
    {
        await using CannedDaemon daemon = await StartAsync(byDial, async socket =>
        {
            var buffer = new byte[16];
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(), default);
            await socket.SendAsync(buffer.AsMemory(0, part.Count), WebSocketMessageType.Binary, true, default);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        using LightVMClient client = byDial ? daemon.DialingClient() : daemon.Client();
        PortStream[] ports = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.Ports.ConnectAsync(Web, 80)));
        Assert.Equal("0.1.0", (await client.Host.GetAsync()).Version);
        foreach ((int index, PortStream port) in ports.Index())
        {
            await port.WriteAsync(Encoding.ASCII.GetBytes($"n{index}"));
            Assert.Equal($"n{index}", await ReadAllAsync(port));
            await port.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_daemon_without_the_feature_is_not_asked()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(c, """{"name":"h","version":"0.0.9","features":["networks"]}"""));
        using LightVMClient client = daemon.Client();
        var e = await Assert.ThrowsAsync<LightVMException>(() => client.Console.AttachAsync(Web.Id, Web.Name));
        Assert.Equal(ErrorCodes.FeatureMissing, e.Problem.Code);
        Assert.Contains("'console-attach'", e.Message, StringComparison.Ordinal);
        Assert.Contains("0.0.9", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LightVMException>(() => client.Guests.CreateAsync(new CreateGuestsRequest
        {
            Guests = [new GuestDefinition { Name = "a", Image = "hello", Disks = [new DiskDefinition { Path = "/d" }] }],
        }));
        Assert.All(daemon.Requests, request => Assert.Equal("/v1/host", request.Uri));
    }

    private static Task<CannedDaemon> StartAsync(bool byDial, Func<WebSocket, Task> serve) => CannedDaemon.StartAsync(
        async context =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                await CannedDaemon.Json(context, Host);
                return;
            }

            Assert.Equal(byDial ? "HTTP/2" : "HTTP/1.1", context.Request.Protocol);
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await serve(socket);
        },
        byDial);

    private static async Task<string> ReadAllAsync(PortStream port)
    {
        var text = new StringBuilder();
        var buffer = new byte[64];
        while (await port.ReadAsync(buffer) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
