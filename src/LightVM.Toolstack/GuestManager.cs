namespace LightVM.Toolstack;

/// <summary>
/// All guests of this host. Its methods may be called from any thread; reads never wait for Xen. Failures that a user can
/// meet are <see cref="LightVMException"/>; in batches they are in the results.
/// </summary>
public sealed class GuestManager : IAsyncDisposable
{
    public GuestManager(ToolstackOptions options, IGuestStore store, IEventLog events, ImageStore images)
    {
    }

    /// <summary>
    /// Opens Xen, connects lightvm-io (in the background when it is not there), adopts the store's guests, and applies
    /// restart policies to those that ended meanwhile, a boot of the host included. Guests are served when it returns.
    /// </summary>
    /// <exception cref="LightVMException">XenError: no Xen dom0, or a Xen that no installed liblightvm is built for.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Creates guests: one result for each definition, in that order. Returns when those that succeeded are saved as confirmed.
    /// A cancelled token begins no further guest.
    /// </summary>
    /// <param name="receivedTimestamp"><see cref="System.Diagnostics.Stopwatch"/> ticks when the request was decoded.</param>
    /// <param name="progress">Told how many guests are done.</param>
    /// <exception cref="LightVMException">InvalidArgument: too many guests.</exception>
    public Task<IReadOnlyList<GuestResult>> CreateAsync(
        CreateGuestsRequest request, string actor, long receivedTimestamp, IProgress<int>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Acts on guests: one result for each id, then each name. A cancelled token begins no further guest.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public Task<IReadOnlyList<GuestResult>> ActAsync(
        GuestActionRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <exception cref="LightVMException">GuestNotFound, InvalidArgument, InvalidState, ImageNotFound, RevisionConflict.</exception>
    public Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision, string actor) => throw new NotImplementedException();

    /// <summary>The guest of that id or name, or null.</summary>
    public Guest? Find(string idOrName) => throw new NotImplementedException();

    /// <summary>Sorted by name, numbers in names by their value.</summary>
    public IReadOnlyList<Guest> List(GuestFilter filter) => throw new NotImplementedException();

    /// <summary>Waits for each guest; those that are not there in time have a WaitTimeout problem.</summary>
    /// <exception cref="LightVMException">InvalidArgument: a bad regular expression.</exception>
    public Task<IReadOnlyList<GuestResult>> WaitAsync(WaitRequest request, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>What the guest has written, oldest first; with <paramref name="follow"/> until it ends.</summary>
    /// <param name="tail">Only the last so many of what is logged; null: all.</param>
    /// <param name="after">Only lines of a greater sequence number; 0: all.</param>
    /// <exception cref="LightVMException">GuestNotFound, at once.</exception>
    public IAsyncEnumerable<ConsoleLine> ReadConsole(Guid id, int? tail, long after, bool follow, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    public Host HostInfo() => throw new NotImplementedException();

    /// <summary>Gives VIRQ_DOM_EXC up, so that an xenstored can start; ends are polled from then on.</summary>
    public void ReleaseDomainEvents() => throw new NotImplementedException();

    /// <summary>
    /// For a shutdown of the host: asks all guests to stop, in the reverse order of their starts, destroys those that are not
    /// down within the limit. They remain wanted running, for <see cref="RestartPolicy.Always"/> after the boot.
    /// </summary>
    public Task ShutdownAllAsync(TimeSpan limit, string actor) => throw new NotImplementedException();

    /// <summary>Ends its threads and connections; guests go on.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
