using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LightVM.Daemon.Http;
using LightVM.Toolstack;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>The two streams of a move. What goes wrong is said in the last message, if there is still somebody who hears it.</summary>
internal sealed class MoveSockets(WebSocket socket, HttpContext http, CancellationToken stopping)
{
    /// <summary>Bytes of one message, at most: a chunk, and what says which of it is zero.</summary>
    private const int LargestMessage = 128 << 10;

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);

    public async Task SendAsync(Func<IMoveSink, CancellationToken, Task> send)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        Task closed = WatchAsync(ending.Token);
        Problem? problem = null;
        try
        {
            await send(new Sink(socket, closed), ending.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LightVMException || Sockets.IsEnd(e, http, ending.Token))
        {
            problem = Http.Problems.From(e);
        }

        await EndAsync(problem, ending.Token).ConfigureAwait(false);

        // A watch that is cancelled breaks the connection, and with it goes what was said last: who has closed has heard it.
        await Task.WhenAny(closed, Task.Delay(Sockets.CloseTime, ending.Token)).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await closed.ConfigureAwait(false);
    }

    public async Task ReceiveAsync(IIncomingMove incoming)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LargestMessage);
        Problem? problem = null;
        try
        {
            while (await MessageAsync(buffer, ending.Token).ConfigureAwait(false) is { IsEmpty: false } message)
            {
                incoming.Append(message.Span);
            }

            await incoming.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is LightVMException || Sockets.IsEnd(e, http, ending.Token))
        {
            problem = Http.Problems.From(e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await EndAsync(problem, ending.Token, DrainAsync).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes what is still on its way until the other end closes: a connection that is closed with bytes unread breaks, and with it goes
    /// what was said last.
    /// </summary>
    private async Task DrainAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        limit.CancelAfter(DrainTime);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LargestMessage);
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), limit.Token).ConfigureAwait(false)).MessageType != WebSocketMessageType.Close)
            {
                // Nobody wants it any more.
            }
        }
        catch (Exception e) when (Sockets.IsEnd(e, http, limit.Token))
        {
            http.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>One whole binary message; an empty one is the end.</summary>
    private async Task<Memory<byte>> MessageAsync(byte[] buffer, CancellationToken cancellation)
    {
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
            if (result.MessageType != WebSocketMessageType.Binary)
            {
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }

            length += result.Count;
            if (result.EndOfMessage)
            {
                return buffer.AsMemory(0, length);
            }

            if (length == buffer.Length)
            {
                throw Http.Problems.InvalidArgument($"A message of more than {LargestMessage} bytes is none of a move.", null);
            }
        }
    }

    /// <summary>Completes when the other end closes, or has gone. Never throws.</summary>
    private async Task WatchAsync(CancellationToken cancellation)
    {
        byte[] nothing = new byte[1];
        try
        {
            while ((await socket.ReceiveAsync(nothing.AsMemory(), cancellation).ConfigureAwait(false)).MessageType != WebSocketMessageType.Close)
            {
                // It has nothing to say.
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // Gone.
        }
    }

    private async Task EndAsync(Problem? problem, CancellationToken cancellation, Func<Task>? before = null)
    {
        try
        {
            await TellAsync(socket, new MoveEnd { Problem = problem }, WireJson.Default.MoveEnd, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (Sockets.IsEnd(e, http, cancellation) || e is InvalidOperationException)
        {
            http.Abort(); // nobody hears it
            return;
        }

        if (before is not null)
        {
            await before().ConfigureAwait(false);
        }

        await Sockets.CloseAsync(socket).ConfigureAwait(false);
    }

    private static ValueTask TellAsync<T>(WebSocket socket, T what, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(what, type).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancellation);

    private sealed class Sink(WebSocket socket, Task closed) : IMoveSink
    {
        public Task Closed => closed;

        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
            socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

        public ValueTask TellAsync(MoveProgress progress, CancellationToken cancellationToken) =>
            MoveSockets.TellAsync(socket, progress, WireJson.Default.MoveProgress, cancellationToken);
    }
}
