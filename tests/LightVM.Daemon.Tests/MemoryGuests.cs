using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using LightVM.Daemon;
using LightVM.Toolstack;

namespace LightVM.Daemon.Tests;

/// <summary>What HTTP needs of guests to be tested as HTTP: a table of names, and hooks where a test wants to hold or fail things.</summary>
internal sealed class MemoryGuests : IGuests
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    public ConcurrentDictionary<Guid, Guest> Table { get; } = new();

    /// <summary>How many creations were asked for.</summary>
    public int CreateCalls => _calls;

    /// <summary>Awaited by each creation, before each guest.</summary>
    public Func<int, Task> BeforeGuest { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Completes when a creation under way is cancelled.</summary>
    public Task Cancelled => _cancelled.Task;

    public Exception? Failure { get; set; }

    public Channel<ConsoleLine> Console { get; } = Channel.CreateUnbounded<ConsoleLine>();

    public TimeSpan? ShutdownLimit { get; private set; }

    public string? LastActor { get; private set; }

    public async Task<IReadOnlyList<GuestResult>> CreateAsync(
        CreateGuestsRequest request,
        string actor,
        long receivedTimestamp,
        Action<IReadOnlyList<Guid>>? reserved,
        IProgress<int>? progress,
        CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        LastActor = actor;
        Throw();
        var results = new List<GuestResult>();
        await using CancellationTokenRegistration told = cancellationToken.Register(_cancelled.SetResult);
        Guid[] ids = [.. request.Guests.Select(definition => definition.Id ?? Guid.NewGuid())];
        reserved?.Invoke(ids);
        foreach (GuestDefinition definition in request.Guests)
        {
            await BeforeGuest(results.Count);
            if (cancellationToken.IsCancellationRequested)
            {
                results.Add(Failed(definition.Name, ErrorCodes.Canceled));
                continue;
            }

            if (Find(definition.Name) is not null)
            {
                results.Add(Failed(definition.Name, ErrorCodes.GuestExists));
            }
            else
            {
                var guest = new Guest
                {
                    Name = definition.Name,
                    Id = ids[results.Count],
                    Image = definition.Image,
                    State = GuestState.Running,
                    Revision = 1,
                };
                Table[guest.Id] = guest;
                results.Add(new GuestResult { Target = definition.Name, Guest = guest, Changed = true });
            }

            progress?.Report(results.Count);
        }

        return results;
    }

    public Task<IReadOnlyList<GuestResult>> ActAsync(
        GuestActionRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Throw();
        IEnumerable<string> targets = [.. (request.Ids ?? []).Select(i => i.ToString()), .. request.Names ?? []];
        return Task.FromResult<IReadOnlyList<GuestResult>>(
            [.. targets.Select(t => Find(t) is { } g ? new GuestResult { Target = t, Guest = g, Changed = true } : Failed(t, ErrorCodes.GuestNotFound))]);
    }

    public Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision, string actor)
    {
        Throw();
        Guest before = Table[id];
        if (ifRevision is { } wanted && wanted != before.Revision)
        {
            throw new LightVMException(ErrorCodes.RevisionConflict, $"Guest '{before.Name}' is at revision {before.Revision}.", before.Name);
        }

        return Task.FromResult(Table[id] = new Guest
        {
            Name = before.Name,
            Id = id,
            Image = before.Image,
            Labels = change.Labels ?? before.Labels,
            Revision = before.Revision + 1,
        });
    }

    public Guest? Find(string idOrName) =>
        Guid.TryParse(idOrName, out Guid id) ? Table.GetValueOrDefault(id) : Table.Values.FirstOrDefault(g => g.Name == idOrName);

    public IReadOnlyList<Guest> List(GuestFilter filter)
    {
        Throw();
        LastFilter = filter;
        return [.. Table.Values.OrderBy(g => g.Name, StringComparer.Ordinal)];
    }

    /// <summary>What guests use; by default nothing, of each in the table.</summary>
    public IReadOnlyList<GuestMeasurement>? Measured { get; set; }

    public (Histogram Cold, Histogram Pool) StartTimes { get; } = (new(), new());

    public Task<IReadOnlyList<GuestMeasurement>> MeasureAsync(GuestFilter filter) => Task.FromResult(
        Measured ?? [.. List(filter).Select(guest => new GuestMeasurement { Name = guest.Name, Id = guest.Id, State = guest.State })]);

    public GuestFilter? LastFilter { get; private set; }

    public Task<IReadOnlyList<GuestResult>> WaitAsync(WaitRequest request, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<GuestResult>>([.. request.Ids.Select(i => Failed(i.ToString(), ErrorCodes.WaitTimeout))]);

    public IAsyncEnumerable<ConsoleLine> ReadConsole(
        Guid id, int? tail, long after, bool follow, CancellationToken cancellationToken) =>
        Console.Reader.ReadAllAsync(cancellationToken);

    public ConcurrentDictionary<int, Adapter> Adapters { get; } = new();

    public MemoryConsole Attached { get; } = new();

    /// <summary>Where the ports of guests lead.</summary>
    public IPEndPoint? Port { get; set; }

    public Task<IReadOnlyList<Adapter>> ListAdaptersAsync(Guid id, bool counters) =>
        Task.FromResult<IReadOnlyList<Adapter>>([.. Adapters.Values.OrderBy(a => a.Id)]);

    public Task<Adapter> AddAdapterAsync(Guid id, AdapterDefinition definition, string actor)
    {
        Throw();
        LastActor = actor;
        return Task.FromResult(Adapters[Adapters.Count] = new Adapter
        {
            Id = Adapters.Count,
            Network = definition.Network,
            Mac = definition.Mac ?? "02:1c:00:00:00:01",
            RateLimit = definition.RateLimit,
        });
    }

    public Task<Adapter> ChangeAdapterAsync(Guid id, int adapter, AdapterChange change, string actor) => Task.FromResult(new Adapter
    {
        Id = adapter,
        Network = "default",
        Mac = "02:1c:00:00:00:01",
        RateLimit = change.RateLimit ?? 0,
    });

    public Task RemoveAdapterAsync(Guid id, int adapter, bool force, string actor) =>
        force || Adapters.TryRemove(adapter, out _)
            ? Task.CompletedTask
            : throw new LightVMException(ErrorCodes.AdapterNotFound, $"There is no adapter {adapter}.", $"{adapter}");

    public Task<IReadOnlyList<Disk>> ListDisksAsync(Guid id, bool counters) => Task.FromResult<IReadOnlyList<Disk>>([]);

    public Task<Disk> AddDiskAsync(Guid id, DiskDefinition definition, string actor)
    {
        Throw();
        return Task.FromResult(new Disk { Path = definition.Path, ReadOnly = definition.ReadOnly, Size = definition.Size });
    }

    public Task RemoveDiskAsync(Guid id, int disk, bool force, string actor) =>
        throw new LightVMException(ErrorCodes.DeviceTimeout, "The guest did not let go.", $"{disk}");

    public IConsoleAttachment AttachConsole(Guid id)
    {
        Throw();
        return Attached;
    }

    public async Task<Socket> ConnectPortAsync(Guid id, int port, CancellationToken cancellationToken)
    {
        Throw();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Port!, cancellationToken);
        return socket;
    }

    public Dictionary<string, PoolFlavour> Flavours { get; } = [];

    public long Budget { get; set; } = 64 << 20;

    public Pool PoolInfo() => new() { Budget = Budget, Flavours = [.. Flavours.Values] };

    public Pool ChangePool(PoolChange change, string actor)
    {
        Throw();
        Budget = change.Budget ?? Budget;
        return PoolInfo();
    }

    public PoolFlavour PutPoolFlavour(string image, PoolFlavourDefinition definition, string actor)
    {
        Throw();
        return Flavours[image] = new PoolFlavour { Image = image, Memory = definition.Memory, Wanted = definition.Count, Fleet = definition.Fleet };
    }

    public PoolFlavour PutPoolCheckpoint(string checkpoint, PoolFlavourDefinition definition, string actor) =>
        new() { Image = "i", Checkpoint = checkpoint, Wanted = definition.Count };

    public void RemovePoolFlavours(string image, string actor) => Flavours.Remove(image);

    public MemoryCheckpoints Checkpoints { get; } = new();

    public Task<IReadOnlyList<GuestResult>> SaveAsync(
        SaveGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Throw();
        Checkpoints.LastSave = request;
        IEnumerable<string> targets = [.. (request.Ids ?? []).Select(i => i.ToString()), .. request.Names ?? []];
        return Task.FromResult<IReadOnlyList<GuestResult>>([.. targets.Select(t => Find(t) is { } g
            ? new GuestResult { Target = t, Guest = g, Checkpoint = MemoryCheckpoints.Of(request.CheckpointName ?? "auto", g), Changed = true }
            : Failed(t, ErrorCodes.GuestNotFound))]);
    }

    public Task<IReadOnlyList<GuestResult>> CopyGuestAsync(
        Guid id, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        CopyAsync(request, ids, actor, received, progress, cancellationToken);

    public Task<IReadOnlyList<GuestResult>> CopyCheckpointAsync(
        string name, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        Checkpoints.Files.ContainsKey(name) ? CopyAsync(request, ids, actor, received, progress, cancellationToken) : throw MemoryCheckpoints.Missing(name);

    private Task<IReadOnlyList<GuestResult>> CopyAsync(
        CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Checkpoints.LastCopy = request;
        GuestDefinition[] clones = [.. request.Names.Select((name, i) => new GuestDefinition { Name = name, Image = "i", Labels = request.Labels, Id = ids?[i] })];
        return CreateAsync(new CreateGuestsRequest { Guests = clones }, actor, received, null, progress, cancellationToken);
    }

    public Task<IReadOnlyList<GuestResult>> RestoreAsync(
        RestoreGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Checkpoints.LastRestore = request;
        return Task.FromResult<IReadOnlyList<GuestResult>>([.. request.Checkpoints.Select(c => Checkpoints.Files.ContainsKey(c)
            ? new GuestResult { Target = c, Guest = Table.Values.First(), Changed = true }
            : Failed(c, ErrorCodes.CheckpointNotFound))]);
    }

    public IReadOnlyList<Checkpoint> ListCheckpoints() => [.. Checkpoints.Files.Keys.Order().Select(name => MemoryCheckpoints.Of(name))];

    public Checkpoint GetCheckpoint(string name) => Checkpoints.Get(name);

    public Task RemoveCheckpointAsync(string name, bool force, string actor)
    {
        Throw();
        return Checkpoints.Files.TryRemove(name, out _) ? Task.CompletedTask : throw MemoryCheckpoints.Missing(name);
    }

    public Stream OpenCheckpoint(string name) => new MemoryStream(Checkpoints.Files.GetValueOrDefault(name) ?? throw MemoryCheckpoints.Missing(name));

    public Task<Checkpoint> PutCheckpointAsync(string name, Stream content, bool automatic, bool force, CancellationToken cancellationToken) =>
        Checkpoints.PutAsync(name, content, automatic, force, cancellationToken);

    public Host HostInfo() => new() { Name = "test", Version = "0" };

    public void ReleaseDomainEvents() => Throw();

    public Task ShutdownAllAsync(TimeSpan limit, string actor)
    {
        ShutdownLimit = limit;
        return Task.CompletedTask;
    }

    private static GuestResult Failed(string target, string code) =>
        new() { Target = target, Problem = new Problem { Code = code, Detail = $"{code} of '{target}'.", Target = target } };

    private void Throw()
    {
        if (Failure is not null)
        {
            throw Failure;
        }
    }
}
