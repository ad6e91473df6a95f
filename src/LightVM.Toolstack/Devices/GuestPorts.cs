using System.Net;
using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <summary>TCP connections from the host to guests.</summary>
internal sealed class GuestPorts(ToolstackParts parts)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connects to a port of a guest's first adapter. The caller disposes the socket.</summary>
    /// <exception cref="LightVMException">
    /// GuestNotFound; InvalidState: it does not run, has no address, or nothing listens there; WaitTimeout: it does not answer.
    /// </exception>
    public async Task<Socket> ConnectAsync(Guid id, int port, CancellationToken cancellationToken)
    {
        ManagedGuest guest = parts.Guests.Find(id) ?? throw Problems.GuestNotFound(id.ToString("D"));
        GuestRecord record = guest.Record;
        if (record.State != GuestState.Running)
        {
            throw Problems.InvalidState(guest.Name, $"Guest '{guest.Name}' is {record.State}: no port of it can be reached.", "Start it first.");
        }

        if (AddressOf(record) is not { } address)
        {
            throw Problems.InvalidState(
                guest.Name, $"Guest '{guest.Name}' has no adapter with an address that this host knows.", "Give it an adapter on a network with addresses: Add-LightVMNetworkAdapter.");
        }

        try
        {
            return await ConnectAsync(address, port, ConnectTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            throw Problems.InvalidState(
                guest.Name, $"Nothing listens on port {port} of guest '{guest.Name}' ({address}): it refused the connection.", "Start what is to listen there, or wait for it: Wait-LightVM -For Ready.");
        }
        catch (SocketException e)
        {
            throw Problems.InvalidState(
                guest.Name, $"Port {port} of guest '{guest.Name}' ({address}) cannot be reached: {e.Message}.", "Wait for its network: Wait-LightVM -For Network.");
        }
        catch (TimeoutException e)
        {
            throw new LightVMException(
                ErrorCodes.WaitTimeout,
                $"Port {port} of guest '{guest.Name}' ({address}) did not answer within {ConnectTimeout.TotalSeconds:0} s.",
                guest.Name,
                "Wait for its network: Wait-LightVM -For Network.",
                e);
        }
    }

    /// <summary>Whether something accepts connections there now.</summary>
    public static async Task<bool> AcceptsAsync(IPAddress address, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            (await ConnectAsync(address, port, timeout, cancellationToken).ConfigureAwait(false)).Dispose();
            return true;
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return false; // refused, unreachable, silent: not yet
        }
    }

    /// <summary>Of its first adapter.</summary>
    public static IPAddress? AddressOf(GuestRecord record) =>
        GuestResources.HasAddress(record) && IPAddress.TryParse(record.Adapters[0].Address, out IPAddress? address) ? address : null;

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token).ConfigureAwait(false);
            return socket;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException();
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
