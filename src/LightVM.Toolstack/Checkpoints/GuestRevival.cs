using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Restores checkpoints by their name: into the guest that was saved, if that is there and has no domain; else the guest is made anew,
/// with its name, id, MAC and addresses.
/// </summary>
internal sealed class GuestRevival(ToolstackParts parts, GuestRestorer restorer)
{
    /// <returns>The guest, which runs.</returns>
    /// <exception cref="LightVMException">As <see cref="GuestRestorer.RestoreAsync"/>; GuestExists, AddressInUse, NetworkNotFound.</exception>
    public async Task<ManagedGuest> RestoreAsync(StoredCheckpoint stored, bool force, StartClock clock, SaveProgress? progress)
    {
        if (parts.Guests.Find(stored.Header.Guest.Id) is not { } guest)
        {
            return await MakeAsync(stored, force, clock, progress).ConfigureAwait(false);
        }

        await GuestGate.EnterAsync(guest, guest.Name).ConfigureAwait(false);
        try
        {
            await IntoAsync(guest, stored, force, clock, progress).ConfigureAwait(false);
            return guest;
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    private async Task IntoAsync(ManagedGuest guest, StoredCheckpoint stored, bool force, StartClock clock, SaveProgress? progress)
    {
        GuestRecord before = guest.Record;
        if (before.State is not (GuestState.Stopped or GuestState.Saved or GuestState.Crashed) || guest.Life is not null)
        {
            throw CheckpointProblems.AlreadyRuns(stored.Name, guest.Name, before.State);
        }

        if (before.State == GuestState.Saved && before.Checkpoint != stored.Stem && !force)
        {
            throw CheckpointProblems.SavedElsewhere(stored.Name, guest.Name, StoredCheckpoint.NameOf(before.Checkpoint)!);
        }

        GuestRecord saved = stored.Header.Guest;
        if (!SameDevices(before, saved))
        {
            throw CheckpointProblems.DevicesDiffer(stored.Name, guest.Name);
        }

        RequireImage(stored);
        bool newFiles = before.FilesDigest != saved.FilesDigest;
        IReadOnlyList<GuestFileRecord> files = newFiles ? parts.Files.Put(stored.Header.Files) : before.Files;
        guest.Update(record => Built(record, saved) with { Files = files, FilesDigest = saved.FilesDigest });
        try
        {
            await restorer.RestoreAsync(guest, stored, force, clock, progress).ConfigureAwait(false);
        }
        catch
        {
            guest.Update(_ => before);
            parts.Records.Save(guest);
            if (newFiles)
            {
                parts.Files.Release(files);
            }

            throw;
        }

        if (newFiles)
        {
            parts.Files.Release(before.Files);
        }
    }

    private async Task<ManagedGuest> MakeAsync(StoredCheckpoint stored, bool force, StartClock clock, SaveProgress? progress)
    {
        GuestRecord saved = stored.Header.Guest;
        RequireFree(saved);
        var guest = new ManagedGuest(saved with { Confirmed = false, BootId = parts.BootId });
        guest.Gate.Wait(0); // no one else knows it yet
        parts.Guests.Add(guest);
        bool done = false;
        bool held = false;
        try
        {
            RequireImage(stored);
            parts.Resources.Take(guest);
            parts.Files.Put(stored.Header.Files);
            held = true;
            parts.Records.Save(guest);
            await restorer.RestoreAsync(guest, stored, force, clock, progress).ConfigureAwait(false);
            done = true;
            return guest;
        }
        finally
        {
            if (!done)
            {
                if (!held)
                {
                    guest.Update(record => record with { Files = [] });
                }

                parts.Resources.Release(guest);
                parts.Records.Delete([guest]);
                parts.Guests.Remove(guest);
                parts.Logs.Delete(guest.Id);
                guest.Signal();
            }

            guest.Gate.Release();
        }
    }

    /// <summary>A domain of that id, whoever's, would be taken for this guest's at the next start of lightvmd.</summary>
    private void RequireFree(GuestRecord saved)
    {
        bool taken = false;
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            new DomainScan().Run(lease.Host, domain => taken |= domain.Uuid == saved.Id && !FoundDomain.From(domain).IsDying);
        }

        if (taken)
        {
            throw Problems.IdTaken(saved.Name, saved.Id);
        }
    }

    private void RequireImage(StoredCheckpoint stored)
    {
        GuestRecord saved = stored.Header.Guest;
        if (!parts.Images.Holds(saved.ImageDigest))
        {
            throw CheckpointProblems.ImageGone(stored.Name, saved.Image, saved.ImageDigest);
        }
    }

    /// <summary>What its memory knows of its devices.</summary>
    private static bool SameDevices(GuestRecord a, GuestRecord b) =>
        a.Adapters.Select(Known).SequenceEqual(b.Adapters.Select(Known)) && a.Disks.Select(Known).SequenceEqual(b.Disks.Select(Known));

    private static (int, int, string, string, string?) Known(AdapterRecord adapter) => (adapter.Id, adapter.Slot, adapter.Network, adapter.Mac, adapter.Address);

    private static (int, int, string, bool) Known(DiskRecord disk) => (disk.Id, disk.Slot, disk.Path, disk.ReadOnly);

    /// <summary>The guest as it is now, but for what its domain is made of: that is as its memory was.</summary>
    private static GuestRecord Built(GuestRecord now, GuestRecord saved) => now with
    {
        Image = saved.Image,
        ImageDigest = saved.ImageDigest,
        Memory = saved.Memory,
        VCpuCount = saved.VCpuCount,
        CommandLine = saved.CommandLine,
        Type = saved.Type,
        Arguments = saved.Arguments,
        Environment = saved.Environment,
        ControlPages = saved.ControlPages,
        StoreEventChannel = saved.StoreEventChannel,
        Adapters = [.. now.Adapters.Zip(saved.Adapters, (n, s) => n with { Mtu = s.Mtu })],
        Revision = SameBuild(now, saved) ? now.Revision : now.Revision + 1,
    };

    private static bool SameBuild(GuestRecord now, GuestRecord saved) =>
        (now.ImageDigest, now.Memory, now.VCpuCount, now.CommandLine, now.Type, now.FilesDigest) ==
        (saved.ImageDigest, saved.Memory, saved.VCpuCount, saved.CommandLine, saved.Type, saved.FilesDigest) &&
        now.Arguments.SequenceEqual(saved.Arguments) && now.Environment.Count == saved.Environment.Count && !now.Environment.Except(saved.Environment).Any();
}
