using System.Net.WebSockets;
using System.Text.Json;

namespace LightVM.Client;

/// <summary>
/// One of the two streams of a move: binary messages are handed on as they are, text messages tell how far it is and how it ended.
/// Threads: one reads while one writes. A connection that breaks is a <see cref="LightVMException"/>.
/// </summary>
internal sealed class MoveStream(WebSocket socket, HostEndpoint endpoint, string what) : IDisposable
{
    private const int LongestText = 64 << 10;
    private readonly MemoryStream text = new();

    /// <summary>The next piece: bytes in the buffer, or progress, or the end.</summary>
    public async ValueTask<MovePiece> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result;
            try
            {
                result = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw Lost(e);
            }

            switch (result.MessageType)
            {
                case WebSocketMessageType.Binary:
                    return new MovePiece(result.Count, result.EndOfMessage, null, null);
                case WebSocketMessageType.Text:
                    text.Write(buffer.Span[..result.Count]);
                    if (text.Length > LongestText)
                    {
                        throw new LightVMException(ConnectionFailure.NotUnderstood(endpoint, what, "a text message without end"));
                    }

                    if (result.EndOfMessage)
                    {
                        return TakeText();
                    }

                    break;
                default:
                    throw Lost(null);
            }
        }
    }

    /// <summary>Waits for the end, which comes after nothing but progress.</summary>
    public async Task<MoveEnd> ReadEndAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        while (true)
        {
            if ((await ReadAsync(buffer, cancellationToken).ConfigureAwait(false)).End is { } end)
            {
                return end;
            }
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool endOfMessage, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Lost(e);
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        text.Dispose();
    }

    private MovePiece TakeText()
    {
        byte[] json = text.ToArray();
        text.SetLength(0);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("sent", out _)
                ? new MovePiece(0, true, JsonSerializer.Deserialize(json, LightVMJson.Default.MoveProgress), null)
                : new MovePiece(0, true, null, JsonSerializer.Deserialize(json, LightVMJson.Default.MoveEnd));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new LightVMException(ConnectionFailure.NotUnderstood(endpoint, what, e.Message), e);
        }
    }

    private LightVMException Lost(Exception? inner) => new(ConnectionFailure.ChannelLost(endpoint, what), inner);
}
