using System.Net.Sockets;

namespace LightVM.Client;

/// <summary>Makes the byte streams that lead to one daemon: a unix socket, or ssh. Threads: any number at once.</summary>
internal sealed class DaemonDialer(HostEndpoint endpoint, LightVMClientOptions options) : IDisposable
{
    private readonly Lock gate = new();
    private SshDial? dial;
    private bool disposed;

    /// <exception cref="ConnectFailedException">It says why, for the user.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (endpoint.Kind == EndpointKind.UnixSocket)
        {
            return await ConnectSocketAsync(endpoint.SocketPath!, cancellationToken).ConfigureAwait(false);
        }

        SshDial next = SshDial.Start(endpoint, options);
        SshDial? previous;
        lock (gate)
        {
            previous = dial;
            dial = next;
        }

        previous?.Dispose();
        if (disposed)
        {
            next.Dispose();
            throw new ConnectFailedException(ConnectionFailure.Disconnected(endpoint), null);
        }

        return next.Stream;
    }

    /// <summary>A connection that could not be made, or broke, in words for its user.</summary>
    public async Task<ConnectionLostException> ExplainAsync(Exception error)
    {
        ConnectFailedException? failed = null;
        for (Exception? e = error; e is not null && failed is null; e = e.InnerException)
        {
            failed = e as ConnectFailedException;
        }

        if (failed is not null)
        {
            return new ConnectionLostException(failed.Problem, wasConnected: false, error);
        }

        SshDial? current;
        lock (gate)
        {
            current = dial;
        }

        if (current is not null && await current.ExplainAsync().ConfigureAwait(false) is { } problem)
        {
            return new ConnectionLostException(problem, current.ReceivedAny, error);
        }

        return new ConnectionLostException(ConnectionFailure.Broken(endpoint, error), wasConnected: true, error);
    }

    public void Dispose()
    {
        SshDial? current;
        lock (gate)
        {
            disposed = true;
            current = dial;
            dial = null;
        }

        current?.Dispose();
    }

    private async Task<Stream> ConnectSocketAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new ConnectFailedException(ConnectionFailure.OfSocket(endpoint, e), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
