using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace LightVM.Daemon.Http;

/// <summary>
/// Carries one TCP connection over one WebSocket. Each direction has one buffer, only while bytes are on their way, and is read on
/// when the last bytes were taken: whoever is slow slows the other down. A direction ends by itself; a broken end ends both.
/// </summary>
internal sealed class SocketRelay(WebSocket socket, Socket connection)
{
    private const int BufferSize = 32 * 1024;

    /// <param name="ending">Ended by the caller, or by a direction that broke.</param>
    public Task RunAsync(CancellationTokenSource ending) =>
        Task.WhenAll(GuardAsync(ToGuestAsync(ending.Token), ending), GuardAsync(FromGuestAsync(ending.Token), ending));

    /// <summary>Runs a direction; when it breaks, it takes the other with it.</summary>
    private static async Task GuardAsync(Task direction, CancellationTokenSource ending)
    {
        try
        {
            await direction.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            await ending.CancelAsync().ConfigureAwait(false); // which breaks the WebSocket off: its end is no proper one
        }
    }

    private async Task ToGuestAsync(CancellationToken cancellation)
    {
        while (true)
        {
            // Without a buffer, so that one who is silent holds none.
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(Memory<byte>.Empty, cancellation).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                connection.Shutdown(SocketShutdown.Send);
                return;
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                do
                {
                    result = await socket.ReceiveAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
                    for (ReadOnlyMemory<byte> left = buffer.AsMemory(0, result.Count); !left.IsEmpty;)
                    {
                        left = left[await connection.SendAsync(left, SocketFlags.None, cancellation).ConfigureAwait(false)..];
                    }
                }
                while (!result.EndOfMessage);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            if (result.MessageType == WebSocketMessageType.Close)
            {
                connection.Shutdown(SocketShutdown.Send);
                return;
            }
        }
    }

    private async Task FromGuestAsync(CancellationToken cancellation)
    {
        try
        {
            await CopyFromGuestAsync(cancellation).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            await Sockets.CloseAsync(socket, WebSocketCloseStatus.EndpointUnavailable, $"The guest broke the connection: {e.SocketErrorCode}.").ConfigureAwait(false);
            throw;
        }
    }

    private async Task CopyFromGuestAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await connection.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                int count = await connection.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellation).ConfigureAwait(false);
                if (count == 0)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation).ConfigureAwait(false);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, count), WebSocketMessageType.Binary, endOfMessage: true, cancellation).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
