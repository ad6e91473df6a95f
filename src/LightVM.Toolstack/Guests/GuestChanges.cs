using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Changes of definitions.</summary>
internal sealed class GuestChanges(ToolstackParts parts, Func<int> cpuCount)
{
    public async Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision, string actor)
    {
        ManagedGuest guest = parts.Guests.Find(id) ?? throw Problems.GuestNotFound(id.ToString("D"));
        await GuestGate.EnterAsync(guest, guest.Name).ConfigureAwait(false);
        try
        {
            GuestRecord before = guest.Record;
            if (ifRevision is { } expected && expected != before.Revision)
            {
                throw new LightVMException(
                    ErrorCodes.RevisionConflict,
                    $"Guest '{guest.Name}' has revision {before.Revision} and was expected to have {expected}: it has been changed since.",
                    guest.Name,
                    "Read it again and decide anew.");
            }

            if (change.Revert == true)
            {
                Revert(guest, before, actor);
                return guest.ToGuest(DateTimeOffset.UtcNow);
            }

            GuestRecord after = Apply(before, change, before.Files);
            IReadOnlyList<GuestFileRecord> files = change.Files is null ? before.Files : ChangeFiles(before, change.Files);
            bool newFiles = !ReferenceEquals(files, before.Files);
            string? digest = newFiles ? GuestFile.DigestOf(change.Files!) : before.FilesDigest;
            after = after with { Files = files, FilesDigest = digest };
            if (after != before)
            {
                try
                {
                    ApplyAffinity(guest, before, after);
                    ApplyPublish(guest, before, after);
                    // What is not part of the definition may have changed meanwhile; only what was asked for is taken over.
                    guest.Update(record => Apply(record, change, files) with
                    {
                        FilesDigest = digest,
                        Revision = record.Revision + 1,
                        Previous = change.KeepPrevious == true ? before with { Previous = null } : record.Previous,
                    });
                }
                catch when (newFiles)
                {
                    parts.Files.Release(files);
                    throw;
                }

                parts.Records.Save(guest);
                LetFilesGo(before, newFiles, change.KeepPrevious == true);
                parts.Health.Watch(guest);
                parts.Event(EventKinds.GuestChanged, guest, "Its definition was changed.", actor);
            }

            return guest.ToGuest(DateTimeOffset.UtcNow);
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    /// <summary>The files that neither the record nor what it may go back to speaks of any more.</summary>
    private void LetFilesGo(GuestRecord before, bool newFiles, bool keepPrevious)
    {
        if (keepPrevious)
        {
            parts.Files.Release(before.Previous?.Files ?? []);
            if (!newFiles)
            {
                parts.Files.Hold(before.Files); // once for what it is, once for what it was
            }
        }
        else if (newFiles)
        {
            parts.Files.Release(before.Files);
        }
    }

    /// <summary>Goes back to the definition that was remembered; adapters and disks stay.</summary>
    private void Revert(ManagedGuest guest, GuestRecord before, string actor)
    {
        GuestRecord after = Reverted(before);
        bool rests = before.State is GuestState.Stopped or GuestState.Crashed && before.DomainId is null;
        if (!rests && AsBuilt(before) != AsBuilt(after))
        {
            throw Problems.InvalidState(guest.Name, $"Guest '{guest.Name}' is {before.State}: what it is built of can be taken back only while it is stopped.", "Stop it first.");
        }

        ApplyAffinity(guest, before, after);
        ApplyPublish(guest, before, after);
        guest.Update(record => Reverted(record) with { Revision = record.Revision + 1 });
        parts.Records.Save(guest);
        parts.Files.Release(before.Files);
        parts.Health.Watch(guest);
        parts.Event(EventKinds.GuestChanged, guest, "Its definition was taken back.", actor);
    }

    private static GuestRecord Reverted(GuestRecord record)
    {
        GuestRecord previous = record.Previous ?? throw Problems.InvalidState(
            record.Name, $"Guest '{record.Name}' has no earlier definition to go back to.", "Change it to what it is to be: Set-LightVM.");
        return previous with
        {
            Name = record.Name,
            Adapters = record.Adapters,
            Disks = record.Disks,
            DiskIntents = record.DiskIntents,
            Revision = record.Revision,
            CreationTime = record.CreationTime,
            Confirmed = record.Confirmed,
            DesiredRunning = record.DesiredRunning,
            State = record.State,
            DomainId = record.DomainId,
            EventChannel = record.EventChannel,
            ConsoleGrant = record.ConsoleGrant,
            DeviceGrant = record.DeviceGrant,
            ControlGrant = record.ControlGrant,
            ControlPages = record.ControlPages,
            StoreEventChannel = record.StoreEventChannel,
            BootId = record.BootId,
            StartTime = record.StartTime,
            StartupTime = record.StartupTime,
            RestartCount = record.RestartCount,
            Checkpoint = record.Checkpoint,
            Saving = record.Saving,
            Restoring = record.Restoring,
            Move = record.Move,
            EndReason = record.EndReason,
            Previous = null,
        };
    }

    /// <summary>What a domain is built of.</summary>
    private static (string, string, long, int, int, string, GuestType, string, string, string?) AsBuilt(GuestRecord record) => (
        record.Image, record.ImageDigest, record.Memory, record.VCpuCount, record.CpuPool, record.CommandLine, record.Type, string.Join('\0', record.Arguments),
        string.Join('\0', record.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")), record.FilesDigest);

    /// <summary>The old one where both say the same, so that records that say the same are equal.</summary>
    private static Dictionary<string, string> Newer(Dictionary<string, string> old, Dictionary<string, string>? wanted) =>
        wanted is null || (old.Count == wanted.Count && old.All(pair => wanted.TryGetValue(pair.Key, out string? value) && value == pair.Value))
            ? old
            : wanted;

    private static IReadOnlyList<T> Newer<T>(IReadOnlyList<T> old, IReadOnlyList<T>? wanted, Func<T, string> text) =>
        wanted is null || old.Select(text).SequenceEqual(wanted.Select(text)) ? old : wanted;

    private GuestRecord Apply(GuestRecord record, GuestChange change, IReadOnlyList<GuestFileRecord> files)
    {
        string name = record.Name;
        GuestRules.CheckLabels(name, change.Labels);
        GuestRules.CheckFleet(change.Fleet);
        ProbeRules.CheckDrain(name, change.DrainSeconds ?? 0);
        if (!string.IsNullOrEmpty(change.Affinity))
        {
            CpuSet.Parse(change.Affinity, cpuCount(), name);
        }

        if (change.Publish is not null)
        {
            DeviceRules.CheckPublish(name, change.Publish, GuestResources.HasAddress(record));
        }

        record = record with
        {
            Labels = Newer(record.Labels, change.Labels),
            Publish = Newer(record.Publish, change.Publish, port => port.ToString()),
            RestartPolicy = change.RestartPolicy ?? record.RestartPolicy,
            OnCrash = change.OnCrash ?? record.OnCrash,
            Affinity = change.Affinity is null ? record.Affinity : change.Affinity.Length == 0 ? null : change.Affinity,
            Probes = ApplyProbes(record, change.Probes),
            DrainSeconds = change.DrainSeconds ?? record.DrainSeconds,
            DeletionPolicy = change.DeletionPolicy ?? record.DeletionPolicy,
            Fleet = change.Fleet is null ? record.Fleet : change.Fleet.Length == 0 ? null : change.Fleet,
        };
        GuestRecord built = ApplyBuilt(record, change) with { Files = files };
        if (change.Files is not null)
        {
            DeviceRules.CheckFiles(name, change.Files);
        }

        bool filesChange = change.Files is not null && !SameFiles(record.Files, change.Files);
        if ((filesChange || built != record) && (record.State is not (GuestState.Stopped or GuestState.Crashed) || record.DomainId is not null))
        {
            throw Problems.InvalidState(
                name,
                $"Guest '{name}' is {record.State}: its image, memory, vCPUs, cpupool, command line, type, arguments, environment and files can be changed only while it is stopped.",
                "Stop it first.");
        }

        return built;
    }

    /// <summary>The old ones where both say the same, so that nothing is asked anew.</summary>
    private static GuestProbes? ApplyProbes(GuestRecord record, GuestProbes? wanted)
    {
        if (wanted is null)
        {
            return record.Probes;
        }

        GuestProbes? probes = ProbeRules.Check(record.Name, wanted, record.Adapters.Count > 0);
        return probes?.ToString() == record.Probes?.ToString() ? record.Probes : probes;
    }

    /// <summary>The properties that a domain is built with.</summary>
    private GuestRecord ApplyBuilt(GuestRecord record, GuestChange change)
    {
        string name = record.Name;
        LoadedImage? image = change.Image is null
            ? parts.Images.FindDigest(record.ImageDigest)
            : parts.Images.Find(change.Image) ?? throw Problems.ImageNotFound(change.Image, name);
        if (change.Image is not null)
        {
            string commandLine = parts.Images.FindDigest(record.ImageDigest)?.Public.CommandLine == record.CommandLine
                ? image!.Public.CommandLine // it had the old image's own
                : record.CommandLine;
            record = record with { Image = image!.Public.Name, ImageDigest = image.Public.Digest, CommandLine = commandLine };
        }

        record = record with
        {
            Memory = change.Memory ?? record.Memory,
            VCpuCount = change.VCpuCount ?? record.VCpuCount,
            CpuPool = change.CpuPool ?? record.CpuPool,
            CommandLine = change.CommandLine ?? record.CommandLine,
            Type = change.Type ?? record.Type,
            Arguments = Newer(record.Arguments, change.Arguments, static argument => argument),
            Environment = Newer(record.Environment, change.Environment),
        };
        if (image is not null)
        {
            GuestRules.CheckMemory(name, record.Memory, image.Public);
            GuestRules.CheckType(name, record.Type, image);
        }

        GuestRules.CheckVCpus(name, record.VCpuCount);
        GuestRules.CheckCpuPool(name, record.CpuPool);
        DeviceRules.CheckArguments(name, record.Arguments);
        DeviceRules.CheckEnvironment(name, record.Environment);
        GuestArguments.Check(name, record.CommandLine, record.Arguments, image?.IsLinux ?? false);
        return record;
    }

    /// <summary>Takes new files. The caller lets the old ones go once the record says so.</summary>
    private IReadOnlyList<GuestFileRecord> ChangeFiles(GuestRecord record, IReadOnlyList<GuestFile> files)
    {
        if (SameFiles(record.Files, files))
        {
            return record.Files;
        }

        try
        {
            return parts.Files.Put(files);
        }
        catch (IOException e)
        {
            throw new LightVMException(
                ErrorCodes.InternalError, $"Guest '{record.Name}': its files cannot be saved: {e.Message}", record.Name, "Look at the free space of /var/lib/lightvm.", e);
        }
    }

    private static bool SameFiles(IReadOnlyList<GuestFileRecord> old, IReadOnlyList<GuestFile> wanted) => old.SequenceEqual(wanted.Select(GuestFileStore.RecordOf));

    private void ApplyPublish(ManagedGuest guest, GuestRecord before, GuestRecord after)
    {
        if (!ReferenceEquals(after.Publish, before.Publish) && guest.Life is { WantsAttached: true })
        {
            parts.Resources.Publish(guest, after.Adapters, after.Publish);
        }
    }

    private void ApplyAffinity(ManagedGuest guest, GuestRecord before, GuestRecord after)
    {
        if (after.Affinity == before.Affinity || guest.Life is not { } life)
        {
            return;
        }

        try
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            lease.Host.SetAffinity(life.Domain, CpuSet.Parse(after.Affinity, cpuCount(), guest.Name));
        }
        catch (XenException e)
        {
            throw Problems.FromXen(e, guest.Name);
        }
    }
}
