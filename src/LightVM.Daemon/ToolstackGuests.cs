using System.Net.Sockets;
using LightVM.Toolstack;

namespace LightVM.Daemon;

/// <summary>The real guests.</summary>
internal sealed class ToolstackGuests(GuestManager manager) : IGuests
{
    public Task<IReadOnlyList<GuestResult>> CreateAsync(
        CreateGuestsRequest request,
        string actor,
        long receivedTimestamp,
        Action<IReadOnlyList<Guid>>? reserved,
        IProgress<int>? progress,
        CancellationToken cancellationToken) =>
        manager.CreateAsync(request, actor, receivedTimestamp, reserved, progress, cancellationToken);

    public Task<IReadOnlyList<GuestResult>> ActAsync(
        GuestActionRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        manager.ActAsync(request, actor, progress, cancellationToken);

    public Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision, string actor) =>
        manager.ChangeAsync(id, change, ifRevision, actor);

    public Guest? Find(string idOrName) => manager.Find(idOrName);

    public IReadOnlyList<Guest> List(GuestFilter filter) => manager.List(filter);

    public Task<IReadOnlyList<GuestMeasurement>> MeasureAsync(GuestFilter filter) => manager.MeasureAsync(filter);

    public (Histogram Cold, Histogram Pool) StartTimes => manager.StartTimes;

    public Task<IReadOnlyList<GuestResult>> WaitAsync(WaitRequest request, CancellationToken cancellationToken) =>
        manager.WaitAsync(request, cancellationToken);

    public IAsyncEnumerable<ConsoleLine> ReadConsole(Guid id, int? tail, long after, bool follow, CancellationToken cancellationToken) =>
        manager.ReadConsole(id, tail, after, follow, cancellationToken);

    public Task<IReadOnlyList<Adapter>> ListAdaptersAsync(Guid id, bool counters) => manager.ListAdaptersAsync(id, counters);

    public Task<Adapter> AddAdapterAsync(Guid id, AdapterDefinition definition, string actor) => manager.AddAdapterAsync(id, definition, actor);

    public Task<Adapter> ChangeAdapterAsync(Guid id, int adapter, AdapterChange change, string actor) =>
        manager.ChangeAdapterAsync(id, adapter, change, actor);

    public Task RemoveAdapterAsync(Guid id, int adapter, bool force, string actor) => manager.RemoveAdapterAsync(id, adapter, force, actor);

    public Task<IReadOnlyList<Disk>> ListDisksAsync(Guid id, bool counters) => manager.ListDisksAsync(id, counters);

    public Task<Disk> AddDiskAsync(Guid id, DiskDefinition definition, string actor) => manager.AddDiskAsync(id, definition, actor);

    public Task RemoveDiskAsync(Guid id, int disk, bool force, string actor) => manager.RemoveDiskAsync(id, disk, force, actor);

    public IConsoleAttachment AttachConsole(Guid id) => manager.AttachConsole(id);

    public Task<Socket> ConnectPortAsync(Guid id, int port, CancellationToken cancellationToken) =>
        manager.ConnectPortAsync(id, port, cancellationToken);

    public Pool PoolInfo() => manager.PoolInfo();

    public Pool ChangePool(PoolChange change, string actor) => manager.ChangePool(change, actor);

    public PoolFlavour PutPoolFlavour(string image, PoolFlavourDefinition definition, string actor) => manager.PutPoolFlavour(image, definition, actor);

    public PoolFlavour PutPoolCheckpoint(string checkpoint, PoolFlavourDefinition definition, string actor) =>
        manager.PutPoolCheckpoint(checkpoint, definition, actor);

    public void RemovePoolFlavours(string image, string actor) => manager.RemovePoolFlavours(image, actor);

    public Task<IReadOnlyList<GuestResult>> SaveAsync(
        SaveGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        manager.SaveAsync(request, actor, progress, cancellationToken);

    public Task<IReadOnlyList<GuestResult>> RestoreAsync(
        RestoreGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        manager.RestoreAsync(request, actor, progress, cancellationToken);

    public Task<IReadOnlyList<GuestResult>> CopyGuestAsync(
        Guid id, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        manager.CopyGuestAsync(id, request, ids, actor, received, progress, cancellationToken);

    public Task<IReadOnlyList<GuestResult>> CopyCheckpointAsync(
        string name, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        manager.CopyCheckpointAsync(name, request, ids, actor, received, progress, cancellationToken);

    public IReadOnlyList<Checkpoint> ListCheckpoints() => manager.ListCheckpoints();

    public Checkpoint GetCheckpoint(string name) => manager.GetCheckpoint(name);

    public Task RemoveCheckpointAsync(string name, bool force, string actor) => manager.RemoveCheckpointAsync(name, force, actor);

    public Stream OpenCheckpoint(string name) => manager.OpenCheckpoint(name);

    public Task<Checkpoint> PutCheckpointAsync(string name, Stream content, bool automatic, bool force, CancellationToken cancellationToken) =>
        manager.PutCheckpointAsync(name, content, automatic, force, cancellationToken);

    public Host HostInfo() => manager.HostInfo();

    public void ReleaseDomainEvents() => manager.ReleaseDomainEvents();

    public Task ShutdownAllAsync(TimeSpan limit, string actor) => manager.ShutdownAllAsync(limit, actor);
}
