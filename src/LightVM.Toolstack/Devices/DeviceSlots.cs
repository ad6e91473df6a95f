namespace LightVM.Toolstack;

/// <summary>Which id and which control page a device gets. Pure.</summary>
internal static class DeviceSlots
{
    /// <summary>NOXS_MAX_CONTROL of noxs.h: control pages of a guest, that of the sysctl device included.</summary>
    public const int MaxControlPages = 16;

    /// <summary>Devices of a guest, adapters and disks together: slots 1 to 15.</summary>
    public const int MaxDevices = MaxControlPages - 1;

    /// <summary>Control pages that a guest gets for devices to come: they are made at its start, each 4 KB of its memory.</summary>
    public const int Spares = 3;

    /// <summary>The lowest id that none has.</summary>
    public static int FreeId(IEnumerable<int> taken)
    {
        HashSet<int> ids = [.. taken];
        int id = 0;
        while (ids.Contains(id))
        {
            id++;
        }

        return id;
    }

    /// <summary>The lowest slot that no device of the guest has.</summary>
    public static int FreeSlot(GuestRecord record) =>
        1 + FreeId(record.Adapters.Select(adapter => adapter.Slot - 1).Concat(record.Disks.Select(disk => disk.Slot - 1)));

    /// <summary>Slots of a running guest, made at its start, that none of its devices has.</summary>
    public static int Free(GuestRecord record) => Math.Max(
        0,
        record.ControlPages - 1 - record.Adapters.Count(adapter => adapter.Slot < record.ControlPages) - record.Disks.Count(disk => disk.Slot < record.ControlPages));

    public static int Count(GuestRecord record) => record.Adapters.Count + record.Disks.Count;

    /// <summary>Control pages of a guest that has so many devices in the first slots.</summary>
    public static int ControlPages(int devices) => Math.Min(1 + devices + Spares, MaxControlPages);

    /// <summary>Control pages to build a guest with.</summary>
    public static int ControlPages(GuestRecord record)
    {
        int highest = 0;
        foreach (AdapterRecord adapter in record.Adapters)
        {
            highest = Math.Max(highest, adapter.Slot);
        }

        foreach (DiskRecord disk in record.Disks)
        {
            highest = Math.Max(highest, disk.Slot);
        }

        return ControlPages(highest);
    }
}
