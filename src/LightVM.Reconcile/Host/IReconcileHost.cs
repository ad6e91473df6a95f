namespace LightVM.Reconcile;

/// <summary>What reconcile asks of a host. Members may be used from several threads; failures are <see cref="LightVMException"/>.</summary>
public interface IReconcileHost
{
    /// <summary>As the session names it.</summary>
    string HostName { get; }

    /// <summary>Reads, and changes nothing.</summary>
    Task<ObservedHost> ObserveAsync(string fleetName, CancellationToken cancellationToken);

    /// <summary>Bytes that further guests can have, once the pool and dom0 have given up what they can.</summary>
    Task<long> GetAvailableMemoryAsync(CancellationToken cancellationToken);

    /// <summary>That the daemon can remember a fleet's other hosts.</summary>
    /// <exception cref="LightVMException">FeatureMissing.</exception>
    Task RequireSharedFleetsAsync(CancellationToken cancellationToken);

    /// <summary>Imports an image directory; files that the host has are not sent.</summary>
    Task<Image> ImportImageAsync(string directory, bool force, CancellationToken cancellationToken);

    /// <summary>Has an image's name point to files that the host holds.</summary>
    Task<Image> DefineImageAsync(ImageManifest manifest, bool force, CancellationToken cancellationToken);

    /// <summary>Creates and starts guests: one result each, in that order.</summary>
    Task<IReadOnlyList<GuestResult>> CreateGuestsAsync(IReadOnlyList<GuestDefinition> guests, CancellationToken cancellationToken);

    /// <summary>One action on many guests: one result each, in that order.</summary>
    Task<IReadOnlyList<GuestResult>> ActAsync(GuestActionRequest request, CancellationToken cancellationToken);

    /// <summary>Saves guests with their memory, under names of the host's choice: one result each, in that order.</summary>
    Task<IReadOnlyList<GuestResult>> SaveGuestsAsync(IReadOnlyList<Guid> ids, TimeSpan timeout, CancellationToken cancellationToken);

    /// <param name="id">The guest.</param>
    /// <param name="change">What is to change.</param>
    /// <param name="revision">The revision that the change was decided on; null: whatever it is now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<Guest> ChangeGuestAsync(Guid id, GuestChange change, long? revision, CancellationToken cancellationToken);

    /// <summary>Waits until guests are ready: one result each, in that order, with a problem for each that is not in time.</summary>
    Task<IReadOnlyList<GuestResult>> WaitReadyAsync(IReadOnlyList<Guid> ids, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Makes a network, or changes the one that is there.</summary>
    Task<Network> PutNetworkAsync(string name, NetworkDefinition definition, bool change, CancellationToken cancellationToken);

    Task RemoveNetworkAsync(string name, CancellationToken cancellationToken);

    /// <summary>Hot if the guest runs.</summary>
    Task<Adapter> AddAdapterAsync(Guest guest, AdapterDefinition definition, CancellationToken cancellationToken);

    Task<Adapter> ChangeAdapterAsync(Guest guest, int adapter, AdapterChange change, CancellationToken cancellationToken);

    /// <summary>The guest is asked to let it go.</summary>
    Task RemoveAdapterAsync(Guest guest, int adapter, CancellationToken cancellationToken);

    /// <summary>Hot if the guest runs.</summary>
    Task<Disk> AddDiskAsync(Guest guest, DiskDefinition definition, CancellationToken cancellationToken);

    /// <summary>The guest is asked to let it go.</summary>
    Task RemoveDiskAsync(Guest guest, int disk, CancellationToken cancellationToken);

    /// <summary>Has so many shells of an image kept ready; a count of 0 ends it.</summary>
    Task<PoolFlavour> PutPoolFlavourAsync(string image, PoolFlavourDefinition definition, CancellationToken cancellationToken);

    /// <summary>Takes the right to change a fleet, or renews it; from then on requests are made under it. Null: this host knows no leases.</summary>
    /// <exception cref="LightVMException">FleetLocked: another run has it.</exception>
    Task<FleetLease?> TakeLeaseAsync(string fleetName, FleetLeaseRequest request, CancellationToken cancellationToken);

    /// <summary>Gives the right up; it need not be held any more.</summary>
    Task ReleaseLeaseAsync(string fleetName, Guid id, CancellationToken cancellationToken);

    /// <summary>Records the fleet, and its run.</summary>
    Task RecordAsync(Fleet fleet, CancellationToken cancellationToken);

    /// <summary>Forgets the fleet; it may not be known.</summary>
    Task ForgetAsync(string fleetName, CancellationToken cancellationToken);
}
