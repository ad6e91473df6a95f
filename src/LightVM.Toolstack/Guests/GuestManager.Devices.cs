using System.Net.Sockets;

namespace LightVM.Toolstack;

/// <content>Adapters and disks of guests.</content>
public sealed partial class GuestManager
{
    /// <param name="counters">Whether lightvm-io is asked what each has done.</param>
    /// <exception cref="LightVMException">GuestNotFound.</exception>
    public async Task<IReadOnlyList<Adapter>> ListAdaptersAsync(Guid id, bool counters)
    {
        ManagedGuest guest = Get(id);
        IReadOnlyList<IoMessages.Counted> counted = counters ? await _parts.Plane.CountersAsync(guest).ConfigureAwait(false) : [];
        return DeviceViews.Adapters(guest.Record, guest.Life, counted);
    }

    /// <param name="counters">Whether lightvm-io is asked what each has done.</param>
    /// <exception cref="LightVMException">GuestNotFound.</exception>
    public async Task<IReadOnlyList<Disk>> ListDisksAsync(Guid id, bool counters)
    {
        ManagedGuest guest = Get(id);
        IReadOnlyList<IoMessages.Counted> counted = counters ? await _parts.Plane.CountersAsync(guest).ConfigureAwait(false) : [];
        return DeviceViews.Disks(guest.Record, guest.Life, counted);
    }

    /// <summary>Adds an adapter, to a running guest at once.</summary>
    /// <exception cref="LightVMException">
    /// GuestNotFound, NetworkNotFound, AddressInUse, PoolExhausted, InvalidArgument, InvalidState (a running guest without room for
    /// one more), DataPlaneUnavailable.
    /// </exception>
    public Task<Adapter> AddAdapterAsync(Guid id, AdapterDefinition definition, string actor) =>
        WithGateAsync(id, guest => _adapters.AddAsync(guest, definition, actor));

    /// <exception cref="LightVMException">GuestNotFound, AdapterNotFound, InvalidArgument, DataPlaneUnavailable.</exception>
    public Task<Adapter> ChangeAdapterAsync(Guid id, int adapter, AdapterChange change, string actor) =>
        WithGateAsync(id, guest => _adapters.ChangeAsync(guest, adapter, change, actor));

    /// <param name="force">Whether the guest is not asked.</param>
    /// <exception cref="LightVMException">GuestNotFound, AdapterNotFound, InvalidState, DeviceTimeout, DataPlaneUnavailable.</exception>
    public Task RemoveAdapterAsync(Guid id, int adapter, bool force, string actor) => WithGateAsync(id, async guest =>
    {
        await _adapters.RemoveAsync(guest, adapter, force, actor).ConfigureAwait(false);
        return true;
    });

    /// <summary>Adds a disk, to a running guest at once.</summary>
    /// <exception cref="LightVMException">GuestNotFound, DiskNotFound, DiskInUse, InvalidArgument, InvalidState, DataPlaneUnavailable.</exception>
    public Task<Disk> AddDiskAsync(Guid id, DiskDefinition definition, string actor) =>
        WithGateAsync(id, guest => _disks.AddAsync(guest, definition, actor));

    /// <param name="force">Whether the guest is not asked.</param>
    /// <exception cref="LightVMException">GuestNotFound, DiskNotFound, DeviceTimeout, DataPlaneUnavailable.</exception>
    public Task RemoveDiskAsync(Guid id, int disk, bool force, string actor) => WithGateAsync(id, async guest =>
    {
        await _disks.RemoveAsync(guest, disk, force, actor).ConfigureAwait(false);
        return true;
    });

    /// <summary>Attaches to a guest's console.</summary>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState: it does not run.</exception>
    public IConsoleAttachment AttachConsole(Guid id) => _consoles.Attach(id);

    /// <summary>Connects to a TCP port of a guest's first adapter. The caller disposes the socket.</summary>
    /// <exception cref="LightVMException">
    /// GuestNotFound; InvalidState: it does not run, has no address, or nothing listens there; WaitTimeout: it does not answer.
    /// </exception>
    public Task<Socket> ConnectPortAsync(Guid id, int port, CancellationToken cancellationToken) =>
        new GuestPorts(_parts).ConnectAsync(id, port, cancellationToken);

    private ManagedGuest Get(Guid id) => _parts.Guests.Find(id) ?? throw Problems.GuestNotFound(id.ToString("D"));

    private async Task<T> WithGateAsync<T>(Guid id, Func<ManagedGuest, Task<T>> work)
    {
        ManagedGuest guest = Get(id);
        await GuestGate.EnterAsync(guest, guest.Name).ConfigureAwait(false);
        try
        {
            return await work(guest).ConfigureAwait(false);
        }
        finally
        {
            guest.Gate.Release();
        }
    }
}
