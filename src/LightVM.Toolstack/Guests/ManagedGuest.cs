using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// A guest in memory. Whoever changes its state holds <see cref="Gate"/> for as long as that takes; fields change under
/// <see cref="Sync"/>, for moments; reads take <see cref="Record"/>, which is immutable.
/// </summary>
internal sealed class ManagedGuest
{
    private static readonly Dictionary<int, AddressLease> NoLeases = [];
    private GuestRecord _record;
    private TaskCompletionSource? _changed;
    private int _watched;

    public ManagedGuest(GuestRecord record) => _record = record;

    public Guid Id => _record.Id;

    public string Name => _record.Name;

    public SemaphoreSlim Gate { get; } = new(1, 1);

    public Lock Sync { get; } = new();

    public GuestRecord Record => Volatile.Read(ref _record);

    /// <summary>Its present domain, also one that is being built or has crashed and is preserved; or null.</summary>
    public Life? Life { get; set; }

    /// <summary>What its next life is to be made of, taken from the pool; or null. Guarded by the gate.</summary>
    public Shell? Shell { get; set; }

    /// <summary>Its console log, until its first life begins, where its id was prepared; else null. Guarded by the gate.</summary>
    public SafeFileHandle? PreparedLog { get; set; }

    /// <summary>It is forgotten: nothing more is saved for it.</summary>
    public bool Removed { get; set; }

    /// <summary>Lives in a row that ended soon; see <see cref="RestartRules"/>. Guarded by the gate.</summary>
    public int ShortLives { get; set; }

    /// <summary>Raised to call a planned restart off. Guarded by Sync.</summary>
    public int RestartTicket { get; set; }

    /// <summary>Whether a restart is planned or under way: those who follow its console stay.</summary>
    public bool RestartPending { get; set; }

    /// <summary>Readers who wait for console lines. Guarded by Sync.</summary>
    public int Followers { get; set; }

    /// <summary>What its adapters have on their networks, by adapter. Never changed in place; replaced by who holds the gate.</summary>
    public IReadOnlyDictionary<int, AddressLease> Leases { get; set; } = NoLeases;

    /// <summary>Files of disks that were made for it, until its creation is confirmed.</summary>
    public IReadOnlyList<string> MadeDisks { get; set; } = [];

    /// <summary>Whether ports of the host lead to it. Guarded by the gate.</summary>
    public bool IsPublished { get; set; }

    /// <summary>What its probes say of its present life; null: nobody looks, or it does not run.</summary>
    public HealthState? Health { get; set; }

    /// <summary>The life that ports which it shares are not to lead to any more; or null.</summary>
    public Life? Draining { get; set; }

    /// <summary>True if nobody looks after its health yet.</summary>
    public bool BeginWatch() => Interlocked.Exchange(ref _watched, 1) == 0;

    public void EndWatch() => Volatile.Write(ref _watched, 0);

    /// <summary>Changes the record; the result is what is to be saved.</summary>
    public GuestRecord Update(Func<GuestRecord, GuestRecord> change)
    {
        GuestRecord record;
        lock (Sync)
        {
            record = change(_record);
            Volatile.Write(ref _record, record);
        }

        Signal();
        return record;
    }

    /// <summary>Completes with the next change of its state or growth of its console. Take it before looking, then wait for it.</summary>
    public Task Changed()
    {
        TaskCompletionSource? current = Volatile.Read(ref _changed);
        while (current is null)
        {
            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            current = Interlocked.CompareExchange(ref _changed, made, null) ?? made;
        }

        return current.Task;
    }

    public void Signal()
    {
        if (Volatile.Read(ref _changed) is not null)
        {
            Interlocked.Exchange(ref _changed, null)?.TrySetResult();
        }
    }

    public Guest ToGuest(DateTimeOffset now)
    {
        GuestRecord r = Record;
        Life? life = Life;
        bool lives = r.DomainId is not null && r.State is GuestState.Running or GuestState.Paused;
        return new Guest
        {
            Name = r.Name,
            Id = r.Id,
            State = r.State,
            Image = r.Image,
            ImageDigest = r.ImageDigest,
            Memory = r.Memory,
            VCpuCount = r.VCpuCount,
            Labels = r.Labels,
            RestartPolicy = r.RestartPolicy,
            OnCrash = r.OnCrash,
            Affinity = r.Affinity,
            CpuPool = r.CpuPool,
            CommandLine = r.CommandLine,
            Address = r.Adapters.Count > 0 ? r.Adapters[0].Address : null,
            Adapters = DeviceViews.Adapters(r, life, []),
            Disks = DeviceViews.Disks(r, life, []),
            FreeDeviceSlots = lives && life is { StoreEventChannel: 0 } ? DeviceSlots.Free(r) : null,
            Publish = r.Publish,
            Arguments = r.Arguments,
            Environment = r.Environment,
            Files = r.Files.Count == 0 ? [] : [.. r.Files.Select(file => file.Path)],
            FilesDigest = r.FilesDigest,
            Type = r.Type,
            Probes = r.Probes,
            IsReady = r.State == GuestState.Running && (r.Probes is null or { Start: null, Ready: null } || Health is { Ready: true }),
            ProbeMessage = r.State == GuestState.Running ? Health?.Message : null,
            DrainSeconds = r.DrainSeconds,
            DeletionPolicy = r.DeletionPolicy,
            Uptime = lives && r.StartTime is { } start && now > start ? now - start : TimeSpan.Zero,
            CreationTime = r.CreationTime,
            StartupTime = r.StartupTime,
            RestartCount = r.RestartCount,
            DomainId = r.DomainId,
            EndReason = r.EndReason,
            Checkpoint = r.State == GuestState.Saved ? StoredCheckpoint.NameOf(r.Checkpoint) : null,
            Move = r.Move?.ToMove(),
            Fleet = r.Fleet,
            Revision = r.Revision,
        };
    }
}
