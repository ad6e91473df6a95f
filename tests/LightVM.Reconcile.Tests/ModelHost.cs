namespace LightVM.Reconcile.Tests;

/// <summary>
/// The API as docs/api.md states it, in memory: a pure model for the engine's logic. It can fail at any request, before or
/// after it has done what was asked, as a daemon that is killed does.
/// </summary>
internal sealed partial class ModelHost : IReconcileHost
{
    private readonly Dictionary<Guid, Guest> guests = [];
    private readonly Dictionary<string, Image> images = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Fleet> fleets = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Command lines of all images there ever were, by digest.</summary>
    private readonly Dictionary<string, string> manifests = new(StringComparer.Ordinal);

    public string HostName { get; set; } = "model";

    /// <summary>The same daemon by another name.</summary>
    public ModelHost By(string name)
    {
        var same = (ModelHost)MemberwiseClone();
        same.HostName = name;
        return same;
    }

    /// <summary>Whether it answers.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>Bytes that guests can have, those that are there included.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Manifests by the directory that they are imported from.</summary>
    public Dictionary<string, ImageManifest> Directories { get; } = new(StringComparer.Ordinal);

    /// <summary>What was asked for and may change something, in order.</summary>
    public List<string> Writes { get; } = [];

    /// <summary>Guests that do not obey a request to stop.</summary>
    public HashSet<string> Stubborn { get; } = new(StringComparer.Ordinal);

    /// <summary>Asked before each write: true fails it. The second argument is the write's number from 1.</summary>
    public Func<string, int, Fault> FaultAt { get; set; } = (_, _) => Fault.None;

    /// <summary>Before an image is imported: what it waits for.</summary>
    public Func<CancellationToken, Task> ImportWaits { get; set; } = _ => Task.CompletedTask;

    /// <summary>Per guest: a problem for its creation.</summary>
    public Func<GuestDefinition, Problem?> RefuseCreation { get; set; } = _ => null;

    public IReadOnlyCollection<Guest> Guests => guests.Values;

    public IReadOnlyDictionary<string, Image> Images => images;

    public IReadOnlyDictionary<string, Fleet> Fleets => fleets;

    public Task<ObservedHost> ObserveAsync(string fleetName, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            CheckUp("observe");
            return Task.FromResult(new ObservedHost(
                HostName, [.. images.Values], [.. guests.Values], fleets.GetValueOrDefault(fleetName), KnowsNetworks ? [.. Networks] : null, KnowsPool ? [.. Pool] : null));
        }
    }

    public async Task<Image> ImportImageAsync(string directory, bool force, CancellationToken cancellationToken)
    {
        await ImportWaits(cancellationToken);
        return await Import(directory, force);
    }

    private Task<Image> Import(string directory, bool force) => Write($"import {directory} {force}", () =>
    {
        ImageManifest manifest = Directories[directory];
        string digest = manifest.ComputeDigest();
        if (images.TryGetValue(manifest.Name, out Image? there) && there.Digest != digest && !force)
        {
            throw new LightVMException(ErrorCodes.ImageExists, $"Image '{manifest.Name}' exists.");
        }

        return AddImage(manifest);
    });

    public Task<Image> DefineImageAsync(ImageManifest manifest, bool force, CancellationToken cancellationToken) =>
        Write($"define {manifest.Name} {force}", () => AddImage(manifest));

    public Task<IReadOnlyList<GuestResult>> CreateGuestsAsync(IReadOnlyList<GuestDefinition> definitions, CancellationToken cancellationToken) =>
        Write<IReadOnlyList<GuestResult>>($"create {string.Join(",", definitions.Select(guest => guest.Name))}", () => [.. definitions.Select(TryCreate)]);

    private GuestResult TryCreate(GuestDefinition definition)
    {
        try
        {
            return Create(definition);
        }
        catch (LightVMException e)
        {
            return new GuestResult { Target = definition.Name, Problem = e.Problem };
        }
    }

    public Task<IReadOnlyList<GuestResult>> ActAsync(GuestActionRequest request, CancellationToken cancellationToken)
    {
        string targets = string.Join(",", request.Ids!.Select(id => guests.TryGetValue(id, out Guest? guest) ? guest.Name : id.ToString()));
        return Write<IReadOnlyList<GuestResult>>($"{request.Action} {targets}", () => [.. request.Ids!.Select(id => Act(request, id))]);
    }

    public Task<IReadOnlyList<GuestResult>> SaveGuestsAsync(IReadOnlyList<Guid> ids, TimeSpan timeout, CancellationToken cancellationToken) =>
        Write<IReadOnlyList<GuestResult>>($"save {string.Join(",", ids.Select(id => guests.TryGetValue(id, out Guest? guest) ? guest.Name : id.ToString()))}", () =>
        [
            .. ids.Select(id => !guests.TryGetValue(id, out Guest? guest) ? new GuestResult { Target = id.ToString(), Problem = Problem(ErrorCodes.GuestNotFound, $"No guest {id}.") }
                : guest.State is not (GuestState.Running or GuestState.Starting) || Stubborn.Contains(guest.Name) ? new GuestResult { Target = guest.Name, Problem = Problem(ErrorCodes.InvalidState, $"'{guest.Name}' is {guest.State}.") }
                : new GuestResult { Target = guest.Name, Guest = Set(guest, g => Copy(g, state: GuestState.Saved)), Changed = true }),
        ]);

    /// <summary>Guests that never become ready, by what they are now.</summary>
    public Func<Guest, bool> IsBroken { get; set; } = _ => false;

    /// <summary>What guests were before a change that is remembered.</summary>
    private readonly Dictionary<Guid, Guest> previous = [];

    public List<string> Waits { get; } = [];

    public Task<IReadOnlyList<GuestResult>> WaitReadyAsync(IReadOnlyList<Guid> ids, TimeSpan timeout, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            CheckUp("wait");
            Waits.Add(string.Join(",", ids.Select(id => guests.TryGetValue(id, out Guest? guest) ? guest.Name : "?").Order(StringComparer.Ordinal)));
            return Task.FromResult<IReadOnlyList<GuestResult>>([.. ids.Select(id =>
                !guests.TryGetValue(id, out Guest? guest) ? new GuestResult { Target = id.ToString(), Problem = Problem(ErrorCodes.GuestNotFound, $"No guest {id}.") }
                : guest.State is GuestState.Running or GuestState.Starting && !IsBroken(guest) ? new GuestResult { Target = guest.Name, Guest = guest }
                : new GuestResult { Target = guest.Name, Problem = Problem(ErrorCodes.WaitTimeout, $"'{guest.Name}' was not Ready within {timeout.TotalSeconds:0} s.") })]);
        }
    }

    public Task<Guest> ChangeGuestAsync(Guid id, GuestChange change, long? revision, CancellationToken cancellationToken) =>
        Write($"change {(guests.TryGetValue(id, out Guest? named) ? named.Name : id)}", () => Change(id, change, revision));

    /// <summary>False: a daemon of an earlier version.</summary>
    public bool KnowsPool { get; set; } = true;

    public List<PoolFlavour> Pool { get; } = [];

    public Task<PoolFlavour> PutPoolFlavourAsync(string image, PoolFlavourDefinition definition, CancellationToken cancellationToken) =>
        Write($"pool {image} {definition.Count}", () =>
        {
            var flavour = new PoolFlavour
            {
                Image = image, Memory = definition.Memory, VCpuCount = definition.VCpuCount, Devices = definition.Devices ?? 0, Wanted = definition.Count, Fleet = definition.Fleet,
            };
            Pool.RemoveAll(there => (there.Image, there.Memory, there.VCpuCount, there.Devices) == (flavour.Image, flavour.Memory, flavour.VCpuCount, flavour.Devices));
            if (definition.Count > 0)
            {
                Pool.Add(flavour);
            }

            return flavour;
        });

    public Task<long> GetAvailableMemoryAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Capacity == long.MaxValue ? Capacity : Capacity - guests.Values.Sum(guest => guest.Memory));

    public Task RequireSharedFleetsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ForgetAsync(string fleetName, CancellationToken cancellationToken) => Write($"forget {fleetName}", () => fleets.Remove(fleetName));

    private void CheckUp(string what)
    {
        if (!IsUp)
        {
            throw new LightVMException(ErrorCodes.HostUnreachable, $"{HostName} is down: {what}");
        }
    }

    public Task RecordAsync(Fleet fleet, CancellationToken cancellationToken) => Write($"record {fleet.Name}", () =>
    {
        if (fleet.Run is { } run)
        {
            Runs.Add(run);
        }

        long before = fleets.GetValueOrDefault(fleet.Name)?.Revision ?? 0;
        return fleets[fleet.Name] = new Fleet
        {
            Name = fleet.Name, SpecDigest = fleet.SpecDigest, SpecPath = fleet.SpecPath, Guests = fleet.Guests, Hosts = fleet.Hosts,
            Revision = fleet.Run is null ? before : Math.Max(before + 1, fleet.Revision),
        };
    });

    /// <summary>All runs that were recorded.</summary>
    public List<FleetRevision> Runs { get; } = [];

    public Guest Add(GuestDefinition definition, GuestState state = GuestState.Running)
    {
        Guest guest = Create(definition).Guest ?? throw new InvalidOperationException("not created");
        return Set(guest, g => Copy(g, state: state));
    }

    public Image AddImage(ImageManifest manifest)
    {
        string digest = manifest.ComputeDigest();
        manifests[digest] = manifest.CommandLine;
        return images[manifest.Name] = new Image
        {
            Name = manifest.Name, Digest = digest, Kind = manifest.Kind, MinimumMemory = manifest.MinimumMemory, CommandLine = manifest.CommandLine,
            Network = manifest.Network,
        };
    }

    public void SetState(string name, GuestState state) => Set(guests.Values.First(guest => guest.Name == name), guest => Copy(guest, state: state));

    public void Forget(string fleet) => fleets.Remove(fleet);

    public void Remove(Guid id) => guests.Remove(id);

    public void SetRecord(Fleet fleet) => fleets[fleet.Name] = fleet;

    private static Problem Problem(string code, string detail) => new() { Code = code, Detail = detail, Recommendation = "none" };

    private Task<T> Write<T>(string what, Func<T> effect)
    {
        lock (gate)
        {
            CheckUp(what);
            Writes.Add(what);
            Fault fault = FaultAt(what, Writes.Count);
            if (fault == Fault.Before)
            {
                throw new LightVMException(ErrorCodes.HostUnreachable, $"lost before: {what}");
            }

            T result = effect();
            return fault == Fault.After ? throw new LightVMException(ErrorCodes.HostUnreachable, $"lost after: {what}") : Task.FromResult(result);
        }
    }

    private GuestResult Create(GuestDefinition definition)
    {
        if (RefuseCreation(definition) is { } refused)
        {
            return new GuestResult { Target = definition.Name, Problem = refused };
        }

        if (guests.Values.Any(guest => guest.Name == definition.Name))
        {
            return new GuestResult { Target = definition.Name, Problem = Problem(ErrorCodes.GuestExists, $"Guest '{definition.Name}' exists.") };
        }

        if (!images.TryGetValue(definition.Image, out Image? image))
        {
            return new GuestResult { Target = definition.Name, Problem = Problem(ErrorCodes.ImageNotFound, $"No image '{definition.Image}'.") };
        }

        var guest = new Guest
        {
            Name = definition.Name, Id = definition.Id ?? Guid.NewGuid(), State = GuestState.Running, Image = definition.Image, ImageDigest = image.Digest,
            Memory = definition.Memory, VCpuCount = definition.VCpuCount, Labels = definition.Labels ?? [], RestartPolicy = definition.RestartPolicy,
            OnCrash = definition.OnCrash, Affinity = definition.Affinity, CpuPool = definition.CpuPool,
            CommandLine = definition.CommandLine ?? image.CommandLine, Fleet = definition.Fleet, Revision = 1,
            Type = definition.Type ?? GuestType.Pv, Publish = definition.Publish ?? [], Arguments = definition.Arguments ?? [],
            Environment = definition.Environment ?? [], Files = [.. (definition.Files ?? []).Select(file => file.Path)],
            FilesDigest = GuestFile.DigestOf(definition.Files ?? []), Probes = definition.Probes, DrainSeconds = definition.DrainSeconds ?? 0,
            DeletionPolicy = definition.DeletionPolicy ?? default,
        };
        foreach (AdapterDefinition adapter in definition.Adapters ?? (image.Network ? [new AdapterDefinition()] : []))
        {
            guest = With(guest, adapters: [.. guest.Adapters, Make(guest, adapter)]);
        }

        foreach (DiskDefinition disk in definition.Disks ?? [])
        {
            guest = With(guest, disks: [.. guest.Disks, Make(guest, disk)]);
        }

        CheckPorts(guest, guest.Publish);
        CheckDisks(guest, guest.Disks);
        Set(guest, g => Copy(g));
        return new GuestResult { Target = guest.Name, Guest = guests[guest.Id], Changed = true };
    }

    private GuestResult Act(GuestActionRequest request, Guid id)
    {
        if (!guests.TryGetValue(id, out Guest? guest))
        {
            return new GuestResult { Target = id.ToString(), Problem = Problem(ErrorCodes.GuestNotFound, $"No guest {id}.") };
        }

        GuestResult Bad(string code) => new() { Target = guest.Name, Problem = Problem(code, $"{request.Action} of '{guest.Name}' ({guest.State}).") };
        GuestResult Now(GuestState state) => new() { Target = guest.Name, Guest = Set(guest, g => Copy(g, state: state)), Changed = guest.State != state };
        switch (request.Action)
        {
            case GuestAction.Remove:
                guests.Remove(id);
                return new GuestResult { Target = guest.Name, Changed = true };
            case GuestAction.Stop when guest.State == GuestState.Paused:
                return Bad(ErrorCodes.InvalidState);
            case GuestAction.Stop when guest.State == GuestState.Running && Stubborn.Contains(guest.Name) && !request.Force:
                return Bad(ErrorCodes.StopTimeout);
            case GuestAction.Stop or GuestAction.TurnOff:
                return guest.State == GuestState.Saved ? Bad(ErrorCodes.InvalidState) : Now(GuestState.Stopped);
            case GuestAction.Start:
                if (guest.State is GuestState.Paused or GuestState.Saved)
                {
                    return Bad(ErrorCodes.InvalidState);
                }

                try
                {
                    CheckDisks(guest, guest.Disks);
                }
                catch (LightVMException e)
                {
                    return new GuestResult { Target = guest.Name, Problem = e.Problem };
                }

                return Now(GuestState.Running);
            case GuestAction.Resume:
                return guest.State == GuestState.Paused ? Now(GuestState.Running) : Bad(ErrorCodes.InvalidState);
            default:
                throw new NotSupportedException(request.Action.ToString());
        }
    }

    private Guest Change(Guid id, GuestChange change, long? revision)
    {
        if (!guests.TryGetValue(id, out Guest? guest))
        {
            throw new LightVMException(ErrorCodes.GuestNotFound, $"No guest {id}.");
        }

        if (revision is not null && guest.Revision != revision)
        {
            throw new LightVMException(ErrorCodes.RevisionConflict, $"Guest '{guest.Name}' has revision {guest.Revision}.");
        }

        bool cold = change.Image is not null || change.Memory is not null || change.VCpuCount is not null || change.CpuPool is not null || change.CommandLine is not null
            || change.Type is not null || change.Arguments is not null || change.Environment is not null || change.Files is not null;
        if (cold && guest.State != GuestState.Stopped)
        {
            throw new LightVMException(ErrorCodes.InvalidState, $"Guest '{guest.Name}' is {guest.State}.");
        }

        CheckPorts(guest, change.Publish ?? []);
        if (change.Revert == true)
        {
            Guest before = previous[guest.Id];
            previous.Remove(guest.Id);
            return Set(guest, _ => Copy(before, state: guest.State));
        }

        if (change.KeepPrevious == true)
        {
            previous[guest.Id] = guest;
        }

        return Set(guest, g => Copy(g, change: change));
    }

    private Guest Set(Guest guest, Func<Guest, Guest> how) => guests[guest.Id] = how(guest);

    private Guest Copy(Guest guest, GuestState? state = null, GuestChange? change = null, IReadOnlyList<Adapter>? adapters = null, IReadOnlyList<Disk>? disks = null) => new()
    {
        Name = guest.Name,
        Id = guest.Id,
        State = state ?? guest.State,
        Image = change?.Image ?? guest.Image,
        ImageDigest = change?.Image is { } image ? images[image].Digest : guest.ImageDigest,
        Memory = change?.Memory ?? guest.Memory,
        VCpuCount = change?.VCpuCount ?? guest.VCpuCount,
        Labels = change?.Labels ?? guest.Labels,
        RestartPolicy = change?.RestartPolicy ?? guest.RestartPolicy,
        OnCrash = change?.OnCrash ?? guest.OnCrash,
        Affinity = change?.Affinity is { } affinity ? (affinity.Length == 0 ? null : affinity) : guest.Affinity,
        CpuPool = change?.CpuPool ?? guest.CpuPool,
        CommandLine = change?.CommandLine ?? (change?.Image is { } given && manifests[guest.ImageDigest!] == guest.CommandLine ? images[given].CommandLine : guest.CommandLine),
        Fleet = change?.Fleet is { } fleet ? (fleet.Length == 0 ? null : fleet) : guest.Fleet,
        Adapters = adapters ?? guest.Adapters,
        Disks = disks ?? guest.Disks,
        FreeDeviceSlots = FreeSlots(guest, state ?? guest.State, (adapters ?? guest.Adapters).Count + (disks ?? guest.Disks).Count),
        Publish = change?.Publish ?? guest.Publish,
        Arguments = change?.Arguments ?? guest.Arguments,
        Environment = change?.Environment ?? guest.Environment,
        Files = change?.Files is { } files ? [.. files.Select(file => file.Path)] : guest.Files,
        FilesDigest = change?.Files is { } contents ? GuestFile.DigestOf(contents) : guest.FilesDigest,
        Type = change?.Type ?? guest.Type,
        Probes = change?.Probes is { } probes ? (probes.All().Any() ? probes : null) : guest.Probes,
        DrainSeconds = change?.DrainSeconds ?? guest.DrainSeconds,
        DeletionPolicy = change?.DeletionPolicy ?? guest.DeletionPolicy,
        Revision = guest.Revision + (change is null && adapters is null && disks is null ? 0 : 1),
    };
}
