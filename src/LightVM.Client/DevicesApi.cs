using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/KIND, for the kinds of devices that guests have.</summary>
/// <typeparam name="TDevice">What the host shows.</typeparam>
/// <typeparam name="TDefinition">What one is made of.</typeparam>
public abstract class DevicesApi<TDevice, TDefinition>
    where TDevice : class
    where TDefinition : class
{
    private readonly string kind;
    private readonly string feature;

    private protected DevicesApi(HostConnection connection, string kind, string feature)
    {
        Connection = connection;
        this.kind = kind;
        this.feature = feature;
    }

    private protected HostConnection Connection { get; }

    private protected abstract JsonTypeInfo<TDevice> Device { get; }

    private protected abstract JsonTypeInfo<IReadOnlyList<TDevice>> Devices { get; }

    private protected abstract JsonTypeInfo<TDefinition> Definition { get; }

    /// <param name="guest">The guest; its id counts.</param>
    /// <param name="counters">Whether to ask the data plane what each has done.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">GuestNotFound.</exception>
    public async Task<IReadOnlyList<TDevice>> ListAsync(Guest guest, bool counters = false, CancellationToken cancellationToken = default)
    {
        await RequireAsync(guest, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TDevice> devices = await Connection.GetAsync(
            Path(guest) + (counters ? "?counters=true" : ""), Devices, cancellationToken).ConfigureAwait(false);
        foreach (TDevice device in devices)
        {
            Stamp(device, guest);
        }

        return devices;
    }

    /// <summary>Adds a device; hot if the guest runs.</summary>
    /// <exception cref="LightVMException">GuestNotFound, NetworkNotFound, AddressInUse, PoolExhausted, DiskInUse, InvalidArgument, InvalidState.</exception>
    public async Task<TDevice> AddAsync(Guest guest, TDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        await RequireAsync(guest, cancellationToken).ConfigureAwait(false);
        return Stamp(
            await Connection.SendAsync(HttpMethod.Post, Path(guest), definition, Definition, Device, cancellationToken).ConfigureAwait(false), guest);
    }

    /// <summary>Asks the guest to let it go, then removes it; the file of a disk stays.</summary>
    /// <param name="guest">The guest; its id counts.</param>
    /// <param name="device">The device's id.</param>
    /// <param name="force">Does not wait for the guest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">GuestNotFound, AdapterNotFound, DiskNotFound, DeviceTimeout.</exception>
    public async Task RemoveAsync(Guest guest, int device, bool force = false, CancellationToken cancellationToken = default)
    {
        await RequireAsync(guest, cancellationToken).ConfigureAwait(false);
        await Connection.SendAsync(HttpMethod.Delete, Path(guest, device) + (force ? "?force=true" : ""), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says of which guest and host it is.</summary>
    private protected abstract TDevice Stamp(TDevice device, Guest guest);

    private protected Task RequireAsync(Guest guest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(guest);
        return Connection.Features.RequireAsync(cancellationToken, feature);
    }

    private protected string Path(Guest guest, int device) => string.Create(CultureInfo.InvariantCulture, $"{Path(guest)}/{device}");

    private string Path(Guest guest) => $"v1/guests/{guest.Id}/{kind}";
}
