using System.Globalization;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/adapters.</summary>
public sealed class AdaptersApi
{
    private readonly HostConnection connection;

    internal AdaptersApi(HostConnection connection) => this.connection = connection;

    /// <param name="guest">The guest; its id counts.</param>
    /// <param name="counters">Whether to ask the data plane what each has done.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">GuestNotFound.</exception>
    public async Task<IReadOnlyList<Adapter>> ListAsync(Guest guest, bool counters = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Adapter> adapters = await connection.GetAsync(
            Path(guest.Id) + (counters ? "?counters=true" : ""), LightVMJson.Default.IReadOnlyListAdapter, cancellationToken).ConfigureAwait(false);
        foreach (Adapter adapter in adapters)
        {
            connection.Stamps.On(adapter, guest.Name);
        }

        return adapters;
    }

    /// <summary>Adds an adapter; hot if the guest runs.</summary>
    /// <exception cref="LightVMException">GuestNotFound, NetworkNotFound, AddressInUse, PoolExhausted, InvalidArgument, InvalidState.</exception>
    public async Task<Adapter> AddAsync(Guest guest, AdapterDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        ArgumentNullException.ThrowIfNull(definition);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(
            await connection.SendAsync(
                HttpMethod.Post, Path(guest.Id), definition, LightVMJson.Default.AdapterDefinition, LightVMJson.Default.Adapter, cancellationToken)
                .ConfigureAwait(false),
            guest.Name);
    }

    /// <exception cref="LightVMException">GuestNotFound, AdapterNotFound, InvalidArgument.</exception>
    public async Task<Adapter> ChangeAsync(Guest guest, int adapter, AdapterChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        ArgumentNullException.ThrowIfNull(change);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(
            await connection.SendAsync(
                HttpMethod.Patch, Path(guest.Id, adapter), change, LightVMJson.Default.AdapterChange, LightVMJson.Default.Adapter, cancellationToken)
                .ConfigureAwait(false),
            guest.Name);
    }

    /// <summary>Asks the guest to let it go, then removes it.</summary>
    /// <param name="guest">The guest; its id counts.</param>
    /// <param name="adapter">Its <see cref="Adapter.Id"/>.</param>
    /// <param name="force">Does not wait for the guest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">GuestNotFound, AdapterNotFound, DeviceTimeout.</exception>
    public async Task RemoveAsync(Guest guest, int adapter, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        await connection.SendAsync(HttpMethod.Delete, Path(guest.Id, adapter) + (force ? "?force=true" : ""), cancellationToken).ConfigureAwait(false);
    }

    private Task RequireAsync(CancellationToken cancellationToken) => connection.Features.RequireAsync(cancellationToken, HostFeatures.Adapters);

    private static string Path(Guid guest) => $"v1/guests/{guest}/adapters";

    private static string Path(Guid guest, int adapter) => string.Create(CultureInfo.InvariantCulture, $"v1/guests/{guest}/adapters/{adapter}");
}
