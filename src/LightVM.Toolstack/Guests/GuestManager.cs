using System.Diagnostics;
using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// All guests of this host. Its methods may be called from any thread; reads never wait for Xen. Failures that a user can
/// meet are <see cref="LightVMException"/>; in batches they are in the results.
/// </summary>
public sealed partial class GuestManager : IAsyncDisposable
{
    private static readonly string[] FeatureNames =
        ["guests.batch", "guests.wait", "guests.console", "guests.affinity", "guests.cpupool", "guests.onCrash", "images", "events", "fleets", "operations", "idempotencyKeys", "host.shutdownGuests",
            "networks", "adapters", "disks", "console-attach", "port-forward", "publish", "linux", "pool", "checkpoints", "clones", "pool.checkpoints", "moves", "probes", "revisions", "leases", "fleet-hosts", "deletion-policies",
            "measurements"];

    private readonly IGuestStore _store;
    private readonly CancellationTokenSource _stop = new();
    private readonly ToolstackParts _parts;
    private readonly GuestEnds _ends;
    private readonly EndWatcher _watcher;
    private readonly GuestSaver _saver;
    private readonly DomainMaker _domains;
    private readonly GuestRestorer _restorer;
    private readonly GuestCheckpoints _checkpoints;
    private readonly GuestCopies _copies;
    private readonly GuestActions _actions;
    private readonly GuestCreation _creation;
    private readonly GuestChanges _changes;
    private readonly GuestQueries _queries;
    private readonly GuestMeasurements _measurements;
    private readonly GuestConsoles _consoles;
    private readonly GuestWaits _waits;
    private readonly HotAdapters _adapters;
    private readonly HotDisks _disks;
    private readonly HostShutdown _shutdown;
    private readonly PoolKeeper _keeper;
    private readonly GuestMoves _moves;
    private readonly DateTimeOffset _startTime = DateTimeOffset.UtcNow;
    private XenHostInfo _host;
    private bool _started;

    public GuestManager(ToolstackOptions options, IGuestStore store, IPoolStore pool, IEventLog events, ImageStore images, NetworkManager networks)
    {
        _store = store;
        _parts = new ToolstackParts
        {
            Options = options,
            Records = new RecordKeeper(store),
            Events = events,
            Images = images,
            Guests = new GuestRegistry(),
            Xen = new XenPool(),
            LongXen = new XenPool(),
            RestoreProcess = RestoreProcess,
            Checkpoints = new CheckpointStore(Path.Combine(options.StateDirectory, "checkpoints"), options.Log),
            Networks = networks,
            Files = new GuestFileStore(Path.Combine(options.StateDirectory, "files")),
            DeviceFiles = new DeviceFiles(options.RunDirectory),
            Logs = new ConsoleLogs(Path.Combine(options.RunDirectory, "console")),
            BootId = ReadBootId(),
        };
        _parts.Plane = new GuestPlane(_parts);
        _parts.Ids = new IdStock(_parts);
        _parts.Disks = new Disks(_parts);
        _parts.Resources = new GuestResources(_parts);
        networks.Changed += _parts.Plane.Devices.NetworkChanged;
        networks.Removed += _parts.Plane.Devices.NetworkRemoved;
        var starter = new GuestStarter(_parts);
        _domains = starter.Domains;
        _restorer = new GuestRestorer(_parts, starter);
        var maker = new ShellMaker(_parts, starter, _restorer);
        _parts.Shells = new ShellPool(_parts, pool, maker);
        _keeper = new PoolKeeper(_parts, _parts.Shells, maker);
        _ends = new GuestEnds(_parts, starter, _stop.Token);
        _parts.Health = new GuestHealth(_parts, _ends, _stop.Token);
        _watcher = new EndWatcher(_parts, _ends);
        _parts.Plane.EndAnnounced = _watcher.Hint;
        _saver = new GuestSaver(_parts, starter, _ends);
        _ends.GoOn = _saver.GoOnAsync;
        _checkpoints = new GuestCheckpoints(_parts, _saver, _restorer);
        _copies = new GuestCopies(_parts, starter, _saver, new GuestCloner(_parts, starter, _restorer));
        _moves = new GuestMoves(_parts, starter, _ends, _restorer);
        _actions = new GuestActions(_parts, starter, _restorer);
        _creation = new GuestCreation(_parts, starter, () => _host.CpuCount);
        _changes = new GuestChanges(_parts, () => _host.CpuCount);
        _queries = new GuestQueries(_parts);
        _measurements = new GuestMeasurements(_parts);
        _consoles = new GuestConsoles(_parts);
        _waits = new GuestWaits(_parts, _consoles);
        var plug = new HotPlug(_parts);
        _adapters = new HotAdapters(_parts, plug);
        _disks = new HotDisks(_parts, plug);
        _shutdown = new HostShutdown(_parts, starter);
        images.UserOf = digest => _parts.Guests.All.FirstOrDefault(guest => guest.Record.ImageDigest == digest)?.Name;
        images.IsRemembered = digest => _parts.Guests.All.Any(guest => guest.Record.Previous?.ImageDigest == digest);
        images.Changed = _parts.Shells.SourcesChanged;
        _parts.Checkpoints.Changed = _parts.Shells.SourcesChanged;
    }

    /// <summary>Moves between hosts.</summary>
    public IGuestMoves Moves => _moves;

    /// <summary>Domains that were destroyed and are not gone yet, as last seen: somebody still maps their pages.</summary>
    public int DyingCount => _watcher.DyingCount;

    /// <summary>
    /// Opens Xen, connects lightvm-io (in the background when it is not there), adopts the store's guests, and applies
    /// restart policies to those that ended meanwhile, a boot of the host included. Guests are served when it returns.
    /// </summary>
    /// <exception cref="LightVMException">XenError: no Xen dom0, or a Xen that no installed liblightvm is built for.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        LetThreadsWait();
        XenLibrary.Load(_parts.Options.LibraryDirectory);
        try
        {
            using XenPool.Lease lease = _parts.Xen.Rent();
            _host = lease.Host.Info();
            _parts.XenVersion = _host.Version;
        }
        catch (XenException e)
        {
            throw Problems.FromXen(e, null);
        }

        TimeSpan opened = Stopwatch.GetElapsedTime(begin);
        var adoption = new GuestAdoption(_parts, _ends, _actions, _saver, _restorer, _moves.Destination);
        _parts.Networks.Start();
        adoption.Enter(_store.Load());
        _parts.Networks.Settle();
        TimeSpan entered = Stopwatch.GetElapsedTime(begin);
        cancellationToken.ThrowIfCancellationRequested();
        _started = true;
        _parts.Plane.Start();
        PrepareRestores();
        await adoption.SettleAsync().ConfigureAwait(false);
        _watcher.Start();
        _parts.Images.CollectGarbage();
        _parts.Ids.Start();
        _parts.Shells.Load();
        _keeper.Start();
        _parts.Log(LogSeverity.Debug, string.Create(
            CultureInfo.InvariantCulture,
            $"Xen was open after {opened.TotalMilliseconds:0} ms, guests were known after {entered.TotalMilliseconds:0}, settled after {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0}."));
    }

    /// <summary>
    /// Creates guests: one result for each definition, in that order. Returns when those that succeeded are saved as confirmed.
    /// A cancelled token begins no further guest of a batch.
    /// </summary>
    /// <param name="receivedTimestamp"><see cref="System.Diagnostics.Stopwatch"/> ticks when the request was decoded.</param>
    /// <param name="reserved">
    /// Told the ids that the guests are going to have, before anything is made; all zeros where one cannot be created. What it
    /// throws ends the creation.
    /// </param>
    /// <param name="progress">Told how many guests are done.</param>
    /// <exception cref="LightVMException">InvalidArgument: too many guests.</exception>
    public Task<IReadOnlyList<GuestResult>> CreateAsync(
        CreateGuestsRequest request,
        string actor,
        long receivedTimestamp,
        Action<IReadOnlyList<Guid>>? reserved,
        IProgress<int>? progress,
        CancellationToken cancellationToken) =>
        _creation.CreateAsync(request, actor, receivedTimestamp, reserved, progress, cancellationToken);

    /// <summary>Acts on guests: one result for each id, then each name. A cancelled token begins no further guest.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public Task<IReadOnlyList<GuestResult>> ActAsync(
        GuestActionRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        _actions.ActAsync(request, actor, progress, cancellationToken);

    /// <exception cref="LightVMException">GuestNotFound, InvalidArgument, InvalidState, ImageNotFound, RevisionConflict.</exception>
    public Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision, string actor) =>
        _changes.ChangeAsync(id, change, ifRevision, actor);

    /// <summary>The guest of that id or name, or null.</summary>
    public Guest? Find(string idOrName) => _parts.Guests.Find(idOrName)?.ToGuest(DateTimeOffset.UtcNow);

    /// <summary>Sorted by name, numbers in names by their value.</summary>
    public IReadOnlyList<Guest> List(GuestFilter filter) => _queries.List(filter);

    /// <summary>What guests use now, sorted as by <see cref="List"/>.</summary>
    /// <exception cref="LightVMException">XenError.</exception>
    public Task<IReadOnlyList<GuestMeasurement>> MeasureAsync(GuestFilter filter) => _measurements.MeasureAsync(filter);

    /// <summary>How long starts took, from the request to the first event: of guests that were built for it, and of those made of a shell.</summary>
    public (Histogram Cold, Histogram Pool) StartTimes => (_parts.ColdStarts, _parts.PoolStarts);

    /// <summary>Waits for each guest; those that are not there in time have a WaitTimeout problem.</summary>
    /// <exception cref="LightVMException">InvalidArgument: a bad regular expression.</exception>
    public Task<IReadOnlyList<GuestResult>> WaitAsync(WaitRequest request, CancellationToken cancellationToken) =>
        _waits.WaitAsync(request, cancellationToken);

    /// <summary>What the guest has written, oldest first; with <paramref name="follow"/> until it ends.</summary>
    /// <param name="tail">Only the last so many of what is logged; null: all.</param>
    /// <param name="after">Only lines of a greater sequence number; 0: all.</param>
    /// <exception cref="LightVMException">GuestNotFound, at once.</exception>
    public IAsyncEnumerable<ConsoleLine> ReadConsole(Guid id, int? tail, long after, bool follow, CancellationToken cancellationToken) =>
        _consoles.Read(id, tail, after, follow, cancellationToken);

    public Host HostInfo()
    {
        XenHostInfo info;
        Pool pool = PoolInfo();
        using (XenPool.Lease lease = _parts.Xen.Rent())
        {
            info = lease.Host.Info();
        }

        return new Host
        {
            Name = Environment.MachineName,
            Version = _parts.Options.Version,
            Features = FeatureNames,
            XenVersion = info.Version,
            KernelVersion = Environment.OSVersion.Version.ToString(),
            CpuCount = info.CpuCount,
            Memory = info.Memory,
            FreeMemory = info.FreeMemory,
            AvailableMemory = info.FreeMemory + pool.Memory + _domains.Dom0CouldGive(),
            GuestCount = _parts.Guests.Count,
            RunningCount = _parts.Guests.All.Count(guest => guest.Record.State == GuestState.Running),
            ShellCount = pool.ShellCount,
            ShellMemory = pool.Memory,
            DataPlane = _parts.Plane.Connected,
            DomainEvents = _watcher.HoldsVirq,
            StartTime = _startTime,
        };
    }

    /// <summary>Gives VIRQ_DOM_EXC up, so that an xenstored can start; ends are polled from then on.</summary>
    public void ReleaseDomainEvents() => _watcher.Release();

    /// <summary>
    /// For a shutdown of the host: asks all guests to stop, in the reverse order of their starts, destroys those that are not
    /// down within the limit. They remain wanted running, for <see cref="RestartPolicy.Always"/> after the boot. Nothing can
    /// be started from then on.
    /// </summary>
    public Task ShutdownAllAsync(TimeSpan limit, string actor) => _shutdown.RunAsync(limit, actor);

    /// <summary>Ends its threads and connections; guests go on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_started)
        {
            _keeper.Dispose();
            _parts.Ids.Dispose();
            _watcher.Dispose();
            _parts.Plane.Dispose();
        }

        DisposeRestorer();
        _parts.Xen.Dispose();
        _parts.LongXen.Dispose();
        _stop.Dispose();
    }

    /// <summary>
    /// Calls into Xen hold their thread for milliseconds, ballooning and dumps for seconds: with as many pool threads as a
    /// small dom0 has processors, requests that wait for nothing would wait for those.
    /// </summary>
    private static void LetThreadsWait()
    {
        const int least = 8;
        ThreadPool.GetMinThreads(out int workers, out int ports);
        if (workers < least)
        {
            ThreadPool.SetMinThreads(least, ports);
        }
    }

    private static Guid ReadBootId()
    {
        string text = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        return Guid.TryParse(text, CultureInfo.InvariantCulture, out Guid id) ? id : throw new FormatException($"'{text}' is no boot id.");
    }
}
