using System.Net.Sockets;
using LightVM.Toolstack;

namespace LightVM.Daemon;

/// <summary>
/// What the API asks of <see cref="GuestManager"/>, so that HTTP alone can be tested without Xen. Semantics are
/// there.
/// </summary>
internal interface IGuests : ICheckpoints
{
    Task<IReadOnlyList<GuestResult>> CreateAsync(
        CreateGuestsRequest request,
        string actor,
        long receivedTimestamp,
        Action<IReadOnlyList<Guid>>? reserved,
        IProgress<int>? progress,
        CancellationToken cancellationToken);

    Task<IReadOnlyList<GuestResult>> ActAsync(
        GuestActionRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken);

    Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision, string actor);

    Guest? Find(string idOrName);

    IReadOnlyList<Guest> List(GuestFilter filter);

    Task<IReadOnlyList<GuestMeasurement>> MeasureAsync(GuestFilter filter);

    (Histogram Cold, Histogram Pool) StartTimes { get; }

    Task<IReadOnlyList<GuestResult>> WaitAsync(WaitRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<ConsoleLine> ReadConsole(Guid id, int? tail, long after, bool follow, CancellationToken cancellationToken);

    Task<IReadOnlyList<Adapter>> ListAdaptersAsync(Guid id, bool counters);

    Task<Adapter> AddAdapterAsync(Guid id, AdapterDefinition definition, string actor);

    Task<Adapter> ChangeAdapterAsync(Guid id, int adapter, AdapterChange change, string actor);

    Task RemoveAdapterAsync(Guid id, int adapter, bool force, string actor);

    Task<IReadOnlyList<Disk>> ListDisksAsync(Guid id, bool counters);

    Task<Disk> AddDiskAsync(Guid id, DiskDefinition definition, string actor);

    Task RemoveDiskAsync(Guid id, int disk, bool force, string actor);

    IConsoleAttachment AttachConsole(Guid id);

    Task<Socket> ConnectPortAsync(Guid id, int port, CancellationToken cancellationToken);

    Pool PoolInfo();

    Pool ChangePool(PoolChange change, string actor);

    PoolFlavour PutPoolFlavour(string image, PoolFlavourDefinition definition, string actor);

    PoolFlavour PutPoolCheckpoint(string checkpoint, PoolFlavourDefinition definition, string actor);

    void RemovePoolFlavours(string image, string actor);

    Host HostInfo();

    void ReleaseDomainEvents();

    Task ShutdownAllAsync(TimeSpan limit, string actor);
}
