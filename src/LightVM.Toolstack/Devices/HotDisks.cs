namespace LightVM.Toolstack;

/// <summary>Disks that come and go; in the order of <see cref="HotAdapters"/>.</summary>
internal sealed class HotDisks(ToolstackParts parts, HotPlug plug)
{
    public async Task<Disk> AddAsync(ManagedGuest guest, DiskDefinition definition, string actor)
    {
        Life? life = await plug.LifeAsync(guest).ConfigureAwait(false);
        GuestRecord record = guest.Record;
        int slot = HotPlug.NextSlot(record, life);
        int id = DeviceSlots.FreeId(record.Disks.Select(disk => disk.Id));
        DeviceRules.CheckDisk(guest.Name, definition);
        Intend(guest, DiskIntent.Of([definition]));
        var made = new List<string>();
        DiskRecord added;
        try
        {
            added = Disks.Define(guest.Name, definition, id, slot, made);
            Intend(guest, [.. made.Select(DiskIntent.OfMade)]);
            Disks.CheckTwice(guest.Name, [.. record.Disks, added]);
            if (life is not null)
            {
                added = await AttachAsync(guest, life, added).ConfigureAwait(false);
            }
        }
        catch
        {
            made.ForEach(File.Delete);
            Intend(guest, []);
            throw;
        }

        guest.Update(r => r with { Disks = Sorted([.. r.Disks, added]), DiskIntents = [], Revision = r.Revision + 1 });
        parts.Records.Save(guest);
        parts.Event(EventKinds.DiskAdded, guest, $"Disk {id} was added: '{added.Path}'{(added.ReadOnly ? ", read-only" : "")}.", actor);
        return DeviceViews.View(added, guest.Life, []);
    }

    public async Task RemoveAsync(ManagedGuest guest, int id, bool force, string actor)
    {
        DiskRecord removed = guest.Record.Disks.FirstOrDefault(disk => disk.Id == id) ?? throw new LightVMException(
            ErrorCodes.DiskNotFound, $"Guest '{guest.Name}' has no disk {id}.", guest.Name, "List its disks with Get-LightVMDisk.");
        if (await plug.LifeAsync(guest).ConfigureAwait(false) is { } life)
        {
            await plug.RemoveAsync(guest, life, new DeviceKey(NoxsType.Block, (ushort)id), $"disk {id}", force).ConfigureAwait(false);
            parts.DeviceFiles.DeleteJournal(guest.Id, id);
        }

        guest.Update(r => r with { Disks = [.. r.Disks.Where(disk => disk.Id != id)], Revision = r.Revision + 1 });
        parts.Records.Save(guest);
        parts.Event(EventKinds.DiskRemoved, guest, $"Disk {id} was removed: '{removed.Path}'.", actor);
    }

    /// <summary>Records which files are there for a disk that is not confirmed, where that is other than recorded.</summary>
    private void Intend(ManagedGuest guest, IReadOnlyList<DiskIntent> intents)
    {
        if (intents.Count + guest.Record.DiskIntents.Count > 0)
        {
            guest.Update(r => r with { DiskIntents = intents });
            parts.Records.Save(guest);
        }
    }

    private async Task<DiskRecord> AttachAsync(ManagedGuest guest, Life life, DiskRecord disk)
    {
        Task<IoResult> answer;
        long size;
        using (OpenDisk open = parts.Disks.Open(guest, disk))
        {
            size = open.Size;
            answer = parts.Plane.Devices.BlockAsync(guest, life, open);
        }

        try
        {
            if (!await HotPlug.AddedAsync(
                guest, life, answer, $"disk {disk.Id}", () => plug.TakeBack(guest, life, new DeviceKey(NoxsType.Block, (ushort)disk.Id))).ConfigureAwait(false))
            {
                parts.DeviceFiles.DeleteJournal(guest.Id, disk.Id);
            }
        }
        catch
        {
            parts.DeviceFiles.DeleteJournal(guest.Id, disk.Id);
            throw;
        }

        return disk with { Size = size };
    }

    private static DiskRecord[] Sorted(DiskRecord[] disks)
    {
        Array.Sort(disks, static (a, b) => a.Id - b.Id);
        return disks;
    }
}
