using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>
/// The differences between the adapters and disks that a guest has and those that it is to have. Pure. What the spec leaves to the
/// daemon (MAC, address) agrees with whatever is there; the order of adapters does not count.
/// </summary>
internal static class DeviceDiff
{
    /// <param name="guest">Null: it is not there, and all come.</param>
    /// <param name="wanted">What it is to be.</param>
    public static IReadOnlyList<DeviceStep> Of(Guest? guest, GuestShape wanted) =>
        [.. OfAdapters(guest?.Adapters ?? [], wanted.Adapters), .. OfDisks(guest?.Disks ?? [], wanted.Disks)];

    /// <summary>Whether these changes can be made while the guest runs: control pages for new devices are made at its start.</summary>
    public static bool HasRoom(Guest guest, IReadOnlyList<DeviceStep> steps) => guest.FreeDeviceSlots is not { } free
        || steps.Count(step => step.AddAdapter is not null || step.AddDisk is not null) <= free + steps.Count(step => step.Remove is not null);

    /// <summary>Whether a change of that path is of an adapter or a disk.</summary>
    public static bool IsDevice(string path) => path.StartsWith("adapters", StringComparison.Ordinal) || path.StartsWith("disks", StringComparison.Ordinal);

    public static AdapterDefinition ToDefinition(AdapterSpec spec) =>
        new() { Network = spec.Network, Mac = spec.Mac, Address = spec.Address, RateLimit = spec.RateLimit };

    public static DiskDefinition ToDefinition(DiskSpec spec) => new() { Path = spec.Path, ReadOnly = spec.ReadOnly, Size = spec.Size };

    private static List<DeviceStep> OfAdapters(IReadOnlyList<Adapter> there, IReadOnlyList<AdapterSpec> wanted)
    {
        var free = there.ToList();
        var matches = new Adapter?[wanted.Count];

        // Those that ask for much choose first, so that one that takes any does not take theirs.
        foreach ((int index, AdapterSpec spec) in wanted.Index().OrderByDescending(w => (w.Item.Mac is null ? 0 : 1) + (w.Item.Address is null ? 0 : 1)))
        {
            matches[index] = free.Where(adapter => Agrees(adapter, spec)).OrderBy(adapter => adapter.RateLimit == spec.RateLimit ? 0 : 1).FirstOrDefault();
            if (matches[index] is { } match)
            {
                free.Remove(match);
            }
        }

        var steps = new List<DeviceStep>();
        foreach ((int index, AdapterSpec spec) in wanted.Index())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"adapters[{index}]");
            if (matches[index] is not { } match)
            {
                // One that goes in its place is told in the same breath.
                Adapter? old = free.FirstOrDefault();
                if (old is not null)
                {
                    free.Remove(old);
                }

                steps.Add(new DeviceStep(path, old is null ? null : Text(old), Text(spec), old is null ? "added while it runs" : "removed and added while it runs")
                {
                    Remove = old?.Id, AddAdapter = ToDefinition(spec),
                });
            }
            else if (match.RateLimit != spec.RateLimit)
            {
                steps.Add(new DeviceStep($"{path}.rateLimit", Rate(match.RateLimit), Rate(spec.RateLimit), "changed while it runs") { SetRate = match.Id, Rate = spec.RateLimit });
            }
        }

        steps.AddRange(free.Select(adapter => new DeviceStep("adapters", Text(adapter), null, "the spec does not name it") { Remove = adapter.Id }));
        return steps;
    }

    private static List<DeviceStep> OfDisks(IReadOnlyList<Disk> there, IReadOnlyList<DiskSpec> wanted)
    {
        var free = there.ToList();
        var steps = new List<DeviceStep>();
        foreach ((int index, DiskSpec spec) in wanted.Index())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"disks[{index}]");
            Disk? same = free.Find(disk => disk.Path == spec.Path);
            if (same is not null)
            {
                free.Remove(same);
            }

            if (same is null || same.ReadOnly != spec.ReadOnly)
            {
                steps.Add(new DeviceStep(path, same is null ? null : Text(same), Text(spec), same is null ? "added while it runs" : "removed and added while it runs")
                {
                    IsDisk = true, Remove = same?.Id, AddDisk = ToDefinition(spec),
                });
            }
        }

        steps.AddRange(free.Select(disk => new DeviceStep("disks", Text(disk), null, "the spec does not name it") { IsDisk = true, Remove = disk.Id }));
        return steps;
    }

    private static bool Agrees(Adapter adapter, AdapterSpec spec) =>
        adapter.Network == spec.Network
        && (spec.Mac is null || adapter.Mac.Equals(spec.Mac, StringComparison.OrdinalIgnoreCase))
        && (spec.Address is null || adapter.Address == spec.Address);

    private static string Text(Adapter adapter) => $"{adapter.Network} {adapter.Address} {adapter.Mac}".Replace("  ", " ", StringComparison.Ordinal);

    private static string Text(AdapterSpec spec) =>
        spec.Network + (spec.Address is null ? "" : $" {spec.Address}") + (spec.Mac is null ? "" : $" {spec.Mac}")
        + (spec.RateLimit == 0 ? "" : $" {Rate(spec.RateLimit)}");

    private static string Text(Disk disk) => disk.ReadOnly ? $"{disk.Path} (read-only)" : disk.Path;

    private static string Text(DiskSpec spec) => spec.ReadOnly ? $"{spec.Path} (read-only)" : spec.Path;

    private static string? Rate(long bytes) => bytes == 0 ? null : $"{SpecSize.Format(bytes)}/s";
}
