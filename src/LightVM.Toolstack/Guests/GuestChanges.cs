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

            GuestRecord after = Apply(before, change);
            bool same = after == before && SameLabels(after.Labels, before.Labels);
            if (!same)
            {
                ApplyAffinity(guest, before, after);
                // What is not part of the definition may have changed meanwhile; only what was asked for is taken over.
                guest.Update(record => Apply(record, change) with { Revision = record.Revision + 1 });
                parts.Records.Save(guest);
                parts.Event(EventKinds.GuestChanged, guest, "Its definition was changed.", actor);
            }

            return guest.ToGuest(DateTimeOffset.UtcNow);
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    private static bool SameLabels(Dictionary<string, string> a, Dictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    private GuestRecord Apply(GuestRecord record, GuestChange change)
    {
        string name = record.Name;
        GuestRules.CheckLabels(name, change.Labels);
        GuestRules.CheckFleet(change.Fleet);
        if (!string.IsNullOrEmpty(change.Affinity))
        {
            CpuSet.Parse(change.Affinity, cpuCount(), name);
        }

        record = record with
        {
            Labels = change.Labels is null || SameLabels(change.Labels, record.Labels) ? record.Labels : change.Labels,
            RestartPolicy = change.RestartPolicy ?? record.RestartPolicy,
            OnCrash = change.OnCrash ?? record.OnCrash,
            Affinity = change.Affinity is null ? record.Affinity : change.Affinity.Length == 0 ? null : change.Affinity,
            Fleet = change.Fleet is null ? record.Fleet : change.Fleet.Length == 0 ? null : change.Fleet,
        };
        GuestRecord built = ApplyBuilt(record, change);
        if (built != record && (record.State is not (GuestState.Stopped or GuestState.Crashed) || record.DomainId is not null))
        {
            throw Problems.InvalidState(
                name,
                $"Guest '{name}' is {record.State}: its image, memory, vCPUs, cpupool and command line can be changed only while it is stopped.",
                "Stop it first.");
        }

        return built;
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
        };
        if (image is not null)
        {
            GuestRules.CheckMemory(name, record.Memory, image.Public);
        }

        GuestRules.CheckVCpus(name, record.VCpuCount);
        GuestRules.CheckCpuPool(name, record.CpuPool);
        GuestRules.CheckCommandLine(name, record.CommandLine);
        return record;
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
