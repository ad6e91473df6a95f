using LightVM.Client;

namespace LightVM.Reconcile;

/// <summary>A host reached by its daemon's API.</summary>
public sealed class ClientHost : IReconcileHost
{
    private readonly LightVMClient free;
    private LightVMClient client;

    /// <param name="client">Stays the caller's.</param>
    /// <param name="name">What plans and results call it; null: as the session does.</param>
    public ClientHost(LightVMClient client, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        this.client = free = client;
        HostName = name ?? client.HostName;
    }

    public string HostName { get; }

    public async Task<ObservedHost> ObserveAsync(string fleetName, CancellationToken cancellationToken)
    {
        // One after the other: several connections would cost more than as many requests on an open one.
        IReadOnlyList<Image> images = await client.Images.ListAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Guest> guests = await client.Guests.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Network>? networks = await client.Networks.AreSupportedAsync(cancellationToken).ConfigureAwait(false)
            ? await client.Networks.ListAsync(cancellationToken).ConfigureAwait(false)
            : null;
        Fleet? record = await client.Fleets.FindAsync(fleetName, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<PoolFlavour>? pool = await client.Pool.IsSupportedAsync(cancellationToken).ConfigureAwait(false)
            ? [.. (await client.Pool.GetAsync(cancellationToken).ConfigureAwait(false)).Flavours.Where(flavour => flavour.Checkpoint is null)]
            : null;
        return new ObservedHost(HostName, images, guests, record, networks, pool);
    }

    public async Task<long> GetAvailableMemoryAsync(CancellationToken cancellationToken)
    {
        LightVM.Host host = await client.Host.GetAsync(cancellationToken).ConfigureAwait(false);
        return Math.Max(host.AvailableMemory, host.FreeMemory);
    }

    public Task RequireSharedFleetsAsync(CancellationToken cancellationToken) => client.Fleets.RequireHostsAsync(cancellationToken);

    public Task<Image> ImportImageAsync(string directory, bool force, CancellationToken cancellationToken) =>
        client.Images.ImportAsync(directory, force, cancellationToken);

    public Task<Image> DefineImageAsync(ImageManifest manifest, bool force, CancellationToken cancellationToken) =>
        client.Images.DefineAsync(manifest, force, cancellationToken);

    public async Task<IReadOnlyList<GuestResult>> CreateGuestsAsync(IReadOnlyList<GuestDefinition> guests, CancellationToken cancellationToken) =>
        (await client.Guests.CreateAsync(new CreateGuestsRequest { Guests = guests, Start = true }, cancellationToken).ConfigureAwait(false)).Results;

    public async Task<IReadOnlyList<GuestResult>> ActAsync(GuestActionRequest request, CancellationToken cancellationToken) =>
        (await client.Guests.ActAsync(request, cancellationToken).ConfigureAwait(false)).Results;

    public async Task<IReadOnlyList<GuestResult>> SaveGuestsAsync(IReadOnlyList<Guid> ids, TimeSpan timeout, CancellationToken cancellationToken) =>
        (await client.Checkpoints.SaveAsync(
            new SaveGuestsRequest { Ids = ids, TimeoutMs = (int)timeout.TotalMilliseconds }, progress: null, cancellationToken).ConfigureAwait(false)).Results;

    public async Task<IReadOnlyList<GuestResult>> WaitReadyAsync(IReadOnlyList<Guid> ids, TimeSpan timeout, CancellationToken cancellationToken) =>
        (await client.Guests.WaitAsync(
            new WaitRequest { Ids = ids, For = WaitFor.Ready, TimeoutMs = (int)timeout.TotalMilliseconds }, cancellationToken).ConfigureAwait(false)).Results;

    public Task<Network> PutNetworkAsync(string name, NetworkDefinition definition, bool change, CancellationToken cancellationToken) =>
        client.Networks.PutAsync(name, definition, change, cancellationToken);

    public Task RemoveNetworkAsync(string name, CancellationToken cancellationToken) => client.Networks.RemoveAsync(name, cancellationToken);

    public Task<Adapter> AddAdapterAsync(Guest guest, AdapterDefinition definition, CancellationToken cancellationToken) =>
        client.Adapters.AddAsync(guest, definition, cancellationToken);

    public Task<Adapter> ChangeAdapterAsync(Guest guest, int adapter, AdapterChange change, CancellationToken cancellationToken) =>
        client.Adapters.ChangeAsync(guest, adapter, change, cancellationToken);

    public Task RemoveAdapterAsync(Guest guest, int adapter, CancellationToken cancellationToken) =>
        client.Adapters.RemoveAsync(guest, adapter, force: false, cancellationToken);

    public Task<Disk> AddDiskAsync(Guest guest, DiskDefinition definition, CancellationToken cancellationToken) =>
        client.Disks.AddAsync(guest, definition, cancellationToken);

    public Task RemoveDiskAsync(Guest guest, int disk, CancellationToken cancellationToken) =>
        client.Disks.RemoveAsync(guest, disk, force: false, cancellationToken);

    public Task<Guest> ChangeGuestAsync(Guid id, GuestChange change, long? revision, CancellationToken cancellationToken) =>
        client.Guests.ChangeAsync(id, change, revision, cancellationToken);

    public Task<PoolFlavour> PutPoolFlavourAsync(string image, PoolFlavourDefinition definition, CancellationToken cancellationToken) =>
        client.Pool.PutAsync(image, definition, cancellationToken);

    public async Task<FleetLease?> TakeLeaseAsync(string fleetName, FleetLeaseRequest request, CancellationToken cancellationToken)
    {
        FleetLease? lease = await free.Fleets.TakeLeaseAsync(fleetName, request, cancellationToken).ConfigureAwait(false);
        if (lease is not null)
        {
            client = free.Under(lease);
        }

        return lease;
    }

    public async Task ReleaseLeaseAsync(string fleetName, Guid id, CancellationToken cancellationToken)
    {
        client = free;
        await free.Fleets.ReleaseLeaseAsync(fleetName, id, cancellationToken).ConfigureAwait(false);
    }

    public Task RecordAsync(Fleet fleet, CancellationToken cancellationToken) => client.Fleets.PutAsync(fleet, cancellationToken);

    public async Task ForgetAsync(string fleetName, CancellationToken cancellationToken)
    {
        try
        {
            await client.Fleets.RemoveAsync(fleetName, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.FleetNotFound)
        {
            // It is forgotten, as wanted.
        }
    }
}
