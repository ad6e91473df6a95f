using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Creates guests: one on the caller's thread, many in a pipeline. What fails leaves nothing; names are taken at once.</summary>
internal sealed class GuestCreation(ToolstackParts parts, GuestStarter starter, Func<int> cpuCount)
{
    /// <summary>How many guests may wait for their first event while further ones are built.</summary>
    private const int Window = 64;

    private readonly NewGuests _intents = new(parts);

    public async Task<IReadOnlyList<GuestResult>> CreateAsync(
        CreateGuestsRequest request,
        string actor,
        long received,
        Action<IReadOnlyList<Guid>>? reserved,
        IProgress<int>? progress,
        CancellationToken cancellationToken)
    {
        if (request.Guests.Count > CreateGuestsRequest.MaxBatch)
        {
            throw Problems.InvalidArgument(
                $"{request.Guests.Count} guests are more than one request may create.", null, $"Ask for at most {CreateGuestsRequest.MaxBatch} at a time.");
        }

        var clock = new StartClock(received);
        using ShellPool.Activity activity = parts.Shells.Begin();
        Draft[] drafts = Reserve(request, request.Guests.Any(guest => guest.Id is not null) ? FindDomainIds() : []);
        clock.Mark(StartPhase.Reserve);
        try
        {
            reserved?.Invoke(Array.ConvertAll(drafts, draft => draft.Guest?.Id ?? Guid.Empty));
            List<Draft> made = new List<Draft>(drafts).FindAll(draft => draft.Guest is not null);
            _intents.Save(made.ConvertAll(draft => draft.Guest!));
            clock.Mark(StartPhase.Intent);
            if (request.Start)
            {
                await StartAsync(made, clock, progress, cancellationToken).ConfigureAwait(false);
            }

            Forget(made.FindAll(draft => draft.Problem is not null));
            Confirm(made.FindAll(draft => draft.Problem is null), request.Start, actor);
        }
        catch
        {
            foreach (Draft draft in drafts)
            {
                draft.Problem ??= Problems.Canceled(draft.Target).Problem;
            }

            await EndAllAsync(drafts).ConfigureAwait(false);
            throw;
        }

        progress?.Report(drafts.Length);
        DateTimeOffset now = CoarseClock.UtcNow;
        return Array.ConvertAll(drafts, draft => new GuestResult
        {
            Target = draft.Target,
            Guest = draft.Problem is null ? draft.Guest!.ToGuest(now) : null,
            Problem = draft.Problem,
            Changed = draft.Problem is null,
        });
    }

    /// <summary>
    /// The ids of all domains, the host's own among them: a guest of such an id would have lightvmd, at its next start, take
    /// that domain for an unconfirmed life of it, and destroy it.
    /// </summary>
    private HashSet<Guid> FindDomainIds()
    {
        var ids = new HashSet<Guid>();
        using XenPool.Lease lease = parts.Xen.Rent();
        new DomainScan().Run(lease.Host, domain =>
        {
            if (!FoundDomain.From(domain).IsDying)
            {
                ids.Add(domain.Uuid);
            }
        });
        return ids;
    }

    /// <summary>A shell that the guest can be made of, if it is to run at once and there is one.</summary>
    private Shell? TakeShell(GuestRecord record, GuestDefinition definition, LoadedImage image) =>
        definition.Files is { Count: > 0 } || !ShellKind.Fits(record, image)
            ? null
            : parts.Shells.Take(ShellKind.Of(record, GuestResources.AdaptersOf(definition, image.Public).Count + (definition.Disks?.Count ?? 0)));

    private Draft[] Reserve(CreateGuestsRequest request, HashSet<Guid> domainIds)
    {
        IReadOnlyList<GuestDefinition> definitions = request.Guests;
        var drafts = new Draft[definitions.Count];
        var names = new HashSet<string>(definitions.Count, StringComparer.Ordinal);
        DateTimeOffset now = CoarseClock.UtcNow;
        for (int i = 0; i < drafts.Length; i++)
        {
            GuestDefinition definition = definitions[i];
            var draft = new Draft(definition.Name ?? "");
            drafts[i] = draft;
            Shell? shell = null;
            PreparedId? prepared = null;
            try
            {
                GuestRecord record = Define(definition, now);
                if (!names.Add(record.Name))
                {
                    throw Problems.NameTwice(record.Name);
                }

                if (definition.Id is not null && domainIds.Contains(record.Id))
                {
                    throw Problems.IdTaken(record.Name, record.Id);
                }

                LoadedImage image = parts.Images.FindDigest(record.ImageDigest) ?? throw Problems.ImageNotFound(record.Image, record.Name);
                shell = request.Start ? TakeShell(record, definition, image) : null;
                if (definition.Id is null)
                {
                    prepared = request.Start && shell is null ? parts.Ids.Take() : null;
                    record = record with { Id = shell?.Id ?? prepared?.Id ?? Guid.NewGuid() };
                }

                var guest = new ManagedGuest(record) { Shell = shell, PreparedLog = prepared?.Log };
                guest.Gate.Wait(0); // no one else knows it yet
                parts.Guests.Add(guest);
                draft.Guest = guest;
                if (!parts.Images.Holds(record.ImageDigest))
                {
                    throw Problems.ImageNotFound(record.Image, record.Name);
                }

                parts.Resources.Reserve(guest, definition, image.Public);
            }
            catch (Exception e) when (e is LightVMException or IOException or UnauthorizedAccessException)
            {
                draft.Problem = Problems.From(e, draft.Target);
                if (draft.Guest is { } guest)
                {
                    _intents.Delete([guest]); // an intent, if a disk was to be made
                    parts.Guests.Remove(guest);
                    DeleteLog(guest);
                    guest.Shell = null;
                    draft.Guest = null;
                }
                else if (prepared is not null)
                {
                    parts.Ids.GiveBack(prepared);
                }

                if (shell is not null)
                {
                    parts.Shells.GiveBack(shell);
                }
            }
        }

        return drafts;
    }

    private GuestRecord Define(GuestDefinition definition, DateTimeOffset now)
    {
        string name = definition.Name;
        GuestRules.CheckName(name);
        LoadedImage image = parts.Images.Find(definition.Image) ?? throw Problems.ImageNotFound(definition.Image, name);
        long memory = definition.Memory == 0 ? image.Public.MinimumMemory : definition.Memory;
        string commandLine = definition.CommandLine ?? image.Public.CommandLine;
        GuestRules.CheckMemory(name, memory, image.Public);
        GuestRules.CheckVCpus(name, definition.VCpuCount);
        GuestRules.CheckCpuPool(name, definition.CpuPool);
        CheckDevices(definition, image, commandLine);
        GuestType type = definition.Type ?? (image.CanPv ? GuestType.Pv : GuestType.Pvh);
        GuestRules.CheckType(name, type, image);
        GuestRules.CheckLabels(name, definition.Labels);
        GuestRules.CheckFleet(definition.Fleet);
        ProbeRules.CheckDrain(name, definition.DrainSeconds ?? 0);
        if (!string.IsNullOrEmpty(definition.Affinity))
        {
            CpuSet.Parse(definition.Affinity, cpuCount(), name);
        }

        if (definition.Id == Guid.Empty)
        {
            throw Problems.InvalidArgument($"Guest '{name}': the id of all zeros is dom0's.", name, "Leave the id out, and the host chooses one.");
        }

        return new GuestRecord
        {
            Id = definition.Id ?? default, // the host chooses one: see Reserve
            Name = name,
            Image = image.Public.Name,
            ImageDigest = image.Public.Digest,
            Memory = memory,
            VCpuCount = definition.VCpuCount,
            Labels = definition.Labels ?? [],
            RestartPolicy = definition.RestartPolicy,
            OnCrash = definition.OnCrash,
            Affinity = string.IsNullOrEmpty(definition.Affinity) ? null : definition.Affinity,
            CpuPool = definition.CpuPool,
            CommandLine = commandLine,
            Arguments = definition.Arguments ?? [],
            Environment = definition.Environment ?? [],
            Type = type,
            Probes = ProbeRules.Check(name, definition.Probes, MayHaveAddress(definition, image.Public)),
            DrainSeconds = definition.DrainSeconds ?? 0,
            DeletionPolicy = definition.DeletionPolicy ?? default,
            Fleet = string.IsNullOrEmpty(definition.Fleet) ? null : definition.Fleet,
            CreationTime = now,
            BootId = parts.BootId,
        };
    }

    /// <summary>On a bridge of the user's it has none; a probe of it says so when it is asked.</summary>
    private static bool MayHaveAddress(GuestDefinition definition, Image image) => GuestResources.AdaptersOf(definition, image).Count > 0;

    /// <summary>What can be checked without taking anything.</summary>
    private static void CheckDevices(GuestDefinition definition, LoadedImage image, string commandLine)
    {
        string name = definition.Name;
        IReadOnlyList<AdapterDefinition> adapters = GuestResources.AdaptersOf(definition, image.Public);
        DeviceRules.CheckCount(name, adapters.Count + (definition.Disks?.Count ?? 0));
        foreach (AdapterDefinition adapter in adapters)
        {
            DeviceRules.CheckRate(name, adapter.RateLimit);
        }

        foreach (DiskDefinition disk in definition.Disks ?? [])
        {
            DeviceRules.CheckDisk(name, disk);
        }

        DeviceRules.CheckArguments(name, definition.Arguments ?? []);
        GuestArguments.Check(name, commandLine, definition.Arguments ?? [], image.IsLinux);
        DeviceRules.CheckEnvironment(name, definition.Environment ?? []);
        DeviceRules.CheckFiles(name, definition.Files ?? []);
    }

    private async Task StartAsync(List<Draft> drafts, StartClock clock, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        if (drafts.Count == 1)
        {
            try
            {
                Draft draft = drafts[0];
                await starter.StartAsync(
                    draft.Guest!, clock, record => draft.Encoded = parts.Records.Encode(Confirmed(record))).ConfigureAwait(false);
            }
            catch (Exception e) when (e is LightVMException or IOException or Native.XenException)
            {
                drafts[0].Problem = Problems.From(e, drafts[0].Target);
            }
        }
        else if (drafts.Count > 1)
        {
            var batch = new StartBatch(parts, starter, Window);
            await batch.RunAsync(
                drafts.Select(draft => draft.Guest!).ToList(),
                (i, failure) => drafts[i].Problem = failure is null ? null : Problems.From(failure, drafts[i].Target),
                progress,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes back what did not come to be.</summary>
    private void Forget(List<Draft> failed)
    {
        if (failed.Count == 0)
        {
            return;
        }

        // Files of disks first: the records would have the next start take them away.
        failed.ForEach(draft => parts.Resources.Undo(draft.Guest!));
        _intents.Delete([.. failed.Select(draft => draft.Guest!)]);
        foreach (Draft draft in failed)
        {
            ManagedGuest guest = draft.Guest!;
            parts.Guests.Remove(guest);
            DeleteLog(guest);
            guest.Signal();
            _intents.Discard(guest);
            guest.Gate.Release();
        }
    }

    private void DeleteLog(ManagedGuest guest)
    {
        guest.PreparedLog?.Dispose();
        guest.PreparedLog = null;
        if (guest.Shell?.Id != guest.Id)
        {
            parts.Logs.Delete(guest.Id);
        }
    }

    private static GuestRecord Confirmed(GuestRecord record) => record with { Confirmed = true, DiskIntents = [] };

    private void Confirm(List<Draft> made, bool started, string actor)
    {
        var guests = new List<ManagedGuest>(made.Count);
        foreach (Draft draft in made)
        {
            draft.Guest!.MadeDisks = [];
            draft.Guest.Update(Confirmed);
            guests.Add(draft.Guest);
        }

        if (made is [{ Encoded: { } encoded } claimed])
        {
            parts.Records.SaveEncoded(claimed.Guest!, encoded);
        }
        else
        {
            parts.Records.Save(guests);
        }

        foreach (ManagedGuest guest in guests)
        {
            guest.Gate.Release();
            parts.Event(EventKinds.GuestCreated, guest, $"It was created from image '{guest.Record.Image}'.", actor);
            if (started)
            {
                parts.Event(EventKinds.GuestStarted, guest, "It runs.", actor);
            }
        }
    }

    /// <summary>After a failure that no one foresaw (the store's, say): nothing of the request remains.</summary>
    private async Task EndAllAsync(Draft[] drafts)
    {
        foreach (Draft draft in drafts)
        {
            if (draft.Guest is { Removed: false } guest)
            {
                if (guest.Life is { } life)
                {
                    starter.ReleaseShell(guest);
                    await starter.DestroyAsync(guest, life).ConfigureAwait(false);
                }

                parts.Resources.Undo(guest);
                parts.Guests.Remove(guest);
                DeleteLog(guest);
                _intents.Delete([guest]);
                _intents.Discard(guest);
            }
        }
    }

    /// <summary>One guest of a request, on its way.</summary>
    private sealed class Draft(string target)
    {
        public string Target { get; } = target;

        public ManagedGuest? Guest { get; set; }

        public Problem? Problem { get; set; }

        /// <summary>Its confirmed record, ready to be saved; null: it is to be written yet.</summary>
        public ReadOnlyMemory<byte>? Encoded { get; set; }
    }
}
