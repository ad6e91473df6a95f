using System.Buffers;
using System.Net;
using System.Net.Sockets;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Listens on a local port; each connection there is one to the guest's port. Ends when it is disposed.</summary>
internal sealed class PortForwarder : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly Func<CancellationToken, Task<PortStream>> connect;
    private readonly Socket listener;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();

    private PortForwarder(ForwardedPort port, Socket listener, Func<CancellationToken, Task<PortStream>> connect)
    {
        Port = port;
        this.listener = listener;
        this.connect = connect;
    }

    public ForwardedPort Port { get; }

    /// <param name="client">The guest's host.</param>
    /// <param name="guest">The guest.</param>
    /// <param name="port">Its port.</param>
    /// <param name="localPort">0: a free one.</param>
    /// <exception cref="LightVMException">PortInUse.</exception>
    public static PortForwarder Start(LightVMClient client, Guest guest, int port, int localPort)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Only this machine's users: the daemon's door is theirs, not the network's.
            listener.Bind(new IPEndPoint(IPAddress.Loopback, localPort));
            listener.Listen();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new LightVMException(
                e.SocketErrorCode == SocketError.AccessDenied ? ErrorCodes.AccessDenied : ErrorCodes.PortInUse,
                $"Port {localPort} of this machine cannot be listened on: {e.Message}.",
                localPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
                "Give another -LocalPort, or none for a free one; Get-LightVMPort shows those of this session.",
                e);
        }

        var forwarder = new PortForwarder(
            new ForwardedPort
            {
                GuestName = guest.Name, GuestId = guest.Id, Port = port, LocalPort = ((IPEndPoint)listener.LocalEndPoint!).Port,
                HostName = client.HostName, StartTime = DateTimeOffset.Now,
            },
            listener,
            token => client.Ports.ConnectAsync(guest, port, token));
        _ = Task.Run(forwarder.AcceptAsync);
        return forwarder;
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (!Port.IsOpen)
            {
                return;
            }

            Port.IsOpen = false;
        }

        stop.Cancel();
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync(stop.Token).ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && stop.IsCancellationRequested)
        {
            // Closed, as asked.
        }
        catch (Exception e)
        {
            Failed(e);
            Dispose();
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket local = socket;
        Count(opened: true);
        try
        {
            socket.NoDelay = true;
            PortStream far = await connect(stop.Token).ConfigureAwait(false);
            await using (far.ConfigureAwait(false))
            {
                using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
                await Task.WhenAll(
                    OrEnd(() => SendAsync(socket, far, end.Token), end),
                    OrEnd(() => ReceiveAsync(far, socket, end.Token), end)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Reset(socket);
        }
        catch (Exception e)
        {
            // Whoever connected sees a reset; why, the port says.
            Failed(e);
            Reset(socket);
        }
        finally
        {
            Count(opened: false);
        }
    }

    /// <summary>A direction that fails ends the other one too; one that ends well does not.</summary>
    private static async Task OrEnd(Func<Task> direction, CancellationTokenSource end)
    {
        try
        {
            await direction().ConfigureAwait(false);
        }
        catch
        {
            await end.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task SendAsync(Socket from, PortStream to, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await from.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }

            await to.EndWriteAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task ReceiveAsync(PortStream from, Socket to, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellationToken).ConfigureAwait(false);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Reset(Socket socket) => socket.LingerState = new LingerOption(true, 0);

    private void Failed(Exception error)
    {
        lock (gate)
        {
            Port.LastError = error.Message;
        }
    }

    private void Count(bool opened)
    {
        lock (gate)
        {
            Port.OpenConnections += opened ? 1 : -1;
            Port.Connections += opened ? 1 : 0;
        }
    }
}
