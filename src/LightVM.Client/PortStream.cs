using System.Net.WebSockets;

namespace LightVM.Client;

/// <summary>
/// The bytes of one TCP connection, carried by a WebSocket. Each direction ends by itself: <see cref="EndWriteAsync"/> ends ours, a read
/// of 0 bytes tells the end of theirs. Threads: one reads while one writes. A connection that breaks is a <see cref="LightVMException"/>.
/// </summary>
public sealed class PortStream : IAsyncDisposable
{
    private readonly WebSocket socket;
    private readonly HostEndpoint endpoint;
    private readonly string what;

    internal PortStream(WebSocket socket, HostEndpoint endpoint, string what) => (this.socket, this.endpoint, this.what) = (socket, endpoint, what);

    /// <returns>Bytes read; 0: there are no more.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result = await GuardAsync(
                () => socket.ReceiveAsync(buffer, cancellationToken), cancellationToken).ConfigureAwait(false);
            switch (result.MessageType)
            {
                case WebSocketMessageType.Close when socket.CloseStatus is null or WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.Empty:
                    return 0;
                case WebSocketMessageType.Close:
                    throw Lost(socket.CloseStatusDescription is { Length: > 0 } why ? new IOException(why) : null);
                case WebSocketMessageType.Binary when result.Count > 0:
                    return result.Count;
            }
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await GuardAsync(
        async () =>
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, true, cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Nothing more will be written; what the other side still sends can be read.</summary>
    public async Task EndWriteAsync(CancellationToken cancellationToken = default) => await GuardAsync(
        async () =>
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<T> GuardAsync<T>(Func<ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Lost(e);
        }
    }

    private LightVMException Lost(Exception? inner) => new(ConnectionFailure.ChannelLost(endpoint, what), inner);
}
