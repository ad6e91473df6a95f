using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace LightVM.Daemon.Http;

/// <summary>
/// What Kestrel receives and sends by on the HTTP/1.1 socket: each connection has a thread of its own that waits in the kernel, and
/// handles the request when it wakes. The stock transport wakes two, one after the other (who polls, who handles), and on
/// a small dom0 one wake-up costs more than many a request.
/// </summary>
internal sealed class UnixTransport(string path, uint? group) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>Further connections share the pool's threads.</summary>
    internal const int MaxThreads = 128;

    public bool CanBind(EndPoint endpoint) => endpoint is UnixDomainSocketEndPoint && endpoint.ToString() == path;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket = UnixListener.Bind(endpoint, group);
        socket.Listen(512);
        return new(new Listener(socket, endpoint));
    }

    private sealed class Listener(Socket socket, EndPoint endpoint) : IConnectionListener
    {
        private long _count;
        private int _open;

        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    Socket accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    string id = (++_count).ToString(CultureInfo.InvariantCulture);
                    var connection = new UnixConnection(accepted, id, () => Interlocked.Decrement(ref _open));
                    connection.Start(ownThread: Interlocked.Increment(ref _open) <= MaxThreads);
                    return connection;
                }
                catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null; // unbound
                }
                catch (SocketException)
                {
                    // That one has gone again before it was accepted.
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => DisposeAsync();

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return default;
        }
    }
}
