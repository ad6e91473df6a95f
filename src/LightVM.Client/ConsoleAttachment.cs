using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace LightVM.Client;

/// <summary>
/// A guest's console, both ways. Threads: one reads while others write. A connection that breaks is a <see cref="LightVMException"/>.
/// </summary>
public sealed class ConsoleAttachment : IConsoleChannel
{
    // What the daemon says in text is one line of JSON.
    private const int LongestText = 4096;

    private readonly WebSocket socket;
    private readonly HostEndpoint endpoint;
    private readonly string what;
    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly StringBuilder text = new();

    internal ConsoleAttachment(WebSocket socket, HostEndpoint endpoint, string what) =>
        (this.socket, this.endpoint, this.what) = (socket, endpoint, what);

    /// <inheritdoc/>
    public string? End { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
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
                case WebSocketMessageType.Close when socket.CloseStatus is null or WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.Empty:
                    return 0;
                case WebSocketMessageType.Close:
                    throw Lost(socket.CloseStatusDescription is { Length: > 0 } why ? new IOException(why) : null);
                case WebSocketMessageType.Text:
                    TakeText(buffer.Span[..result.Count], result.EndOfMessage);
                    break;
                case WebSocketMessageType.Binary when result.Count > 0:
                    return result.Count;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        SendAsync(buffer, WebSocketMessageType.Binary, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ResizeAsync(int columns, int rows, CancellationToken cancellationToken = default) => SendAsync(
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"columns\":{columns},\"rows\":{rows}}}")),
        WebSocketMessageType.Text,
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // The polite end, if it can be said at once; the daemon takes a broken stream as one too.
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
        {
            System.Diagnostics.Trace.TraceWarning($"{what}: it could not be closed politely: {e.Message}");
        }

        socket.Dispose();
        sending.Dispose();
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type, CancellationToken cancellationToken)
    {
        // A WebSocket takes one message at a time, and input and window sizes come from different threads.
        await sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(bytes, type, true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Lost(e);
        }
        finally
        {
            sending.Release();
        }
    }

    private void TakeText(ReadOnlySpan<byte> part, bool whole)
    {
        if (text.Length + part.Length > LongestText)
        {
            throw new LightVMException(ConnectionFailure.NotUnderstood(endpoint, what, "a text message without end"));
        }

        text.Append(Encoding.UTF8.GetString(part));
        if (!whole)
        {
            return;
        }

        string json = text.ToString();
        text.Clear();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("end", out JsonElement end) && end.ValueKind == JsonValueKind.String)
            {
                End = end.GetString() is { Length: > 0 } how ? how : null;
            }
        }
        catch (JsonException e)
        {
            throw new LightVMException(ConnectionFailure.NotUnderstood(endpoint, what, e.Message), e);
        }
    }

    private LightVMException Lost(Exception? inner) => new(ConnectionFailure.ChannelLost(endpoint, what), inner);
}
