using System.Globalization;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/disks.</summary>
public sealed class DisksApi
{
    private readonly HostConnection connection;

    internal DisksApi(HostConnection connection) => this.connection = connection;

    /// <inheritdoc cref="AdaptersApi.ListAsync"/>
    public async Task<IReadOnlyList<Disk>> ListAsync(Guest guest, bool counters = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Disk> disks = await connection.GetAsync(
            Path(guest.Id) + (counters ? "?counters=true" : ""), LightVMJson.Default.IReadOnlyListDisk, cancellationToken).ConfigureAwait(false);
        foreach (Disk disk in disks)
        {
            connection.Stamps.On(disk, guest.Name);
        }

        return disks;
    }

    /// <summary>Adds a disk; hot if the guest runs.</summary>
    /// <exception cref="LightVMException">GuestNotFound, DiskInUse, InvalidArgument: there is no such file. InvalidState.</exception>
    public async Task<Disk> AddAsync(Guest guest, DiskDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        ArgumentNullException.ThrowIfNull(definition);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(
            await connection.SendAsync(
                HttpMethod.Post, Path(guest.Id), definition, LightVMJson.Default.DiskDefinition, LightVMJson.Default.Disk, cancellationToken)
                .ConfigureAwait(false),
            guest.Name);
    }

    /// <summary>Asks the guest to let it go, then removes it; the file stays.</summary>
    /// <param name="guest">The guest; its id counts.</param>
    /// <param name="disk">Its <see cref="Disk.Id"/>.</param>
    /// <param name="force">Does not wait for the guest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">GuestNotFound, DiskNotFound, DeviceTimeout.</exception>
    public async Task RemoveAsync(Guest guest, int disk, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guest);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        string path = string.Create(CultureInfo.InvariantCulture, $"{Path(guest.Id)}/{disk}");
        await connection.SendAsync(HttpMethod.Delete, path + (force ? "?force=true" : ""), cancellationToken).ConfigureAwait(false);
    }

    private Task RequireAsync(CancellationToken cancellationToken) => connection.Features.RequireAsync(cancellationToken, HostFeatures.Disks);

    private static string Path(Guid guest) => $"v1/guests/{guest}/disks";
}
