using System.Net;
using System.Net.Sockets;
using System.Text;
using LightVM.Daemon.Http;

namespace LightVM.Daemon.Tests;

/// <summary>What lightvmd does with the connections of its HTTP/1.1 socket, however many and however badly their clients behave.</summary>
public sealed class ConnectionsAreServed : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task More_at_once_than_have_threads_of_their_own()
    {
        var sockets = new List<Socket>();
        try
        {
            for (int i = 0; i < UnixTransport.MaxThreads + 20; i++)
            {
                sockets.Add(await ConnectAsync());
            }

            // All are open before the first one asks; each asks twice.
            for (int round = 0; round < 2; round++)
            {
                foreach (Socket socket in sockets)
                {
                    await socket.SendAsync(Request("/v1/guests"));
                }

                foreach (Socket socket in sockets)
                {
                    Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(socket), StringComparison.Ordinal);
                }
            }
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte()
    {
        using Socket socket = await ConnectAsync();
        foreach (byte one in Request("/v1/guests"))
        {
            await socket.SendAsync(new[] { one });
        }

        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_that_come_together()
    {
        using Socket socket = await ConnectAsync();
        await socket.SendAsync((byte[])[.. Request("/v1/guests"), .. Request("/v1/guests")]);
        string answers = "";
        while (answers.Split("HTTP/1.1 200").Length < 3)
        {
            answers += await AnswerAsync(socket);
        }
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_what_it_asked_for()
    {
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        _daemon.Guests.BeforeGuest = async i =>
        {
            if (i == 0)
            {
                begun.SetResult();
                await ended.Task;
            }
        };
        using (Socket socket = await ConnectAsync())
        {
            const string body = """{"guests":[{"name":"a","image":"i"},{"name":"b","image":"i"}]}""";
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/guests HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            await begun.Task;
        }

        await _daemon.Guests.Cancelled.WaitAsync(TimeSpan.FromSeconds(30));
        ended.SetResult();
    }

    [Fact]
    public async Task One_that_says_nothing_does_not_keep_the_daemon_from_ending()
    {
        TestDaemon daemon = await TestDaemon.StartAsync();
        using Socket socket = await ConnectAsync(daemon);
        await socket.SendAsync(Request("/v1/guests"));
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(socket), StringComparison.Ordinal);
        await daemon.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("", await AnswerAsync(socket));
    }

    private static byte[] Request(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");

    private static async Task<string> AnswerAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        byte[] buffer = new byte[4096];
        int length = await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    private async Task<Socket> ConnectAsync(TestDaemon? daemon = null)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint((daemon ?? _daemon).Paths.Socket));
        return socket;
    }
}
