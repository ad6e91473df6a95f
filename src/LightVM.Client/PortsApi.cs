using System.Globalization;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/ports: TCP connections to guests through the daemon, for those who cannot reach the guests' networks.</summary>
public sealed class PortsApi
{
    private readonly HostConnection connection;

    internal PortsApi(HostConnection connection) => this.connection = connection;

    /// <exception cref="LightVMException">FeatureMissing: the daemon forwards no ports.</exception>
    public Task RequireAsync(CancellationToken cancellationToken = default) =>
        connection.Features.RequireAsync(cancellationToken, HostFeatures.PortForward);

    /// <summary>One TCP connection, made by the daemon from its host. The caller disposes it.</summary>
    /// <param name="guest">The guest; its id counts.</param>
    /// <param name="port">The guest's.</param>
    /// <param name="cancellationToken">Stops waiting for it to open.</param>
    /// <exception cref="LightVMException">GuestNotFound; InvalidState: it has no address, does not run, or nothing listens on that port.</exception>
    public async Task<PortStream> ConnectAsync(Guest guest, int port, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        string uri = string.Create(CultureInfo.InvariantCulture, $"v1/guests/{guest.Id}/ports/{port}");
        return new PortStream(
            await connection.OpenWebSocketAsync(uri, cancellationToken).ConfigureAwait(false),
            connection.Endpoint,
            string.Create(CultureInfo.InvariantCulture, $"port {port} of guest '{guest.Name}'"));
    }
}
