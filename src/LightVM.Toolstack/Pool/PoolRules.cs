namespace LightVM.Toolstack;

/// <summary>What the pool may be asked to hold. Pure.</summary>
internal static class PoolRules
{
    public const int MaxCount = 4096;

    /// <summary>The flavour that a definition means.</summary>
    /// <param name="image">What the name points to now; null: nothing, which is fine to end a flavour by.</param>
    /// <exception cref="LightVMException">InvalidArgument, ImageNotFound.</exception>
    public static PoolFlavourRecord Flavour(string name, PoolFlavourDefinition definition, LoadedImage? image)
    {
        if (definition.Count is < 0 or > MaxCount)
        {
            throw Problems.InvalidArgument(
                $"{definition.Count} shells of image '{name}' are not possible.", name, $"Ask for 0 to {MaxCount}.");
        }

        if (image is null && definition.Count > 0)
        {
            throw Problems.ImageNotFound(name);
        }

        if (image is { IsLinux: true })
        {
            throw Problems.InvalidArgument(
                $"Image '{name}' is a Linux kernel: only unikernels are kept ready as shells.", name, "Start guests of it without the pool.");
        }

        GuestRules.CheckFleet(definition.Fleet);
        string what = $"shell of {name}";
        GuestRules.CheckVCpus(what, definition.VCpuCount);
        int devices = definition.Devices ?? (image?.Public.Network == true ? 1 : 0);
        if (devices is < 0 or > DeviceSlots.MaxDevices)
        {
            throw Problems.InvalidArgument(
                $"{devices} devices of a shell of image '{name}' are not possible.", name, $"Give it from 0 to {DeviceSlots.MaxDevices}.");
        }

        long memory = definition.Memory == 0 && image is not null ? image.Public.MinimumMemory : definition.Memory;
        if (image is not null)
        {
            GuestRules.CheckMemory(what, memory, image.Public);
        }

        return new PoolFlavourRecord
        {
            Image = name,
            Memory = memory,
            VCpuCount = definition.VCpuCount,
            Devices = devices,
            Count = definition.Count,
            Fleet = string.IsNullOrEmpty(definition.Fleet) ? null : definition.Fleet,
        };
    }

    /// <summary>The flavour of clones that a definition means: all but the count is the checkpoint's.</summary>
    /// <param name="stored">What the name points to now; null: nothing, which is fine to end a flavour by.</param>
    /// <exception cref="LightVMException">InvalidArgument, CheckpointNotFound.</exception>
    public static PoolFlavourRecord CloneFlavour(string name, PoolFlavourDefinition definition, StoredCheckpoint? stored)
    {
        if (definition.Count is < 0 or > MaxCount)
        {
            throw Problems.InvalidArgument(
                $"{definition.Count} shells of checkpoint '{name}' are not possible.", name, $"Ask for 0 to {MaxCount}.");
        }

        if (definition is not { Memory: 0, VCpuCount: 1, Devices: null, Fleet: null })
        {
            throw Problems.InvalidArgument(
                $"Shells of checkpoint '{name}' have the memory, vCPUs and devices of its guest.", name, "Give their count alone.");
        }

        if (stored is null && definition.Count > 0)
        {
            throw CheckpointProblems.NotFound(name);
        }

        GuestRecord? guest = stored?.Header.Guest;
        if (guest is { Type: not GuestType.Pv } or { StoreEventChannel: not 0 })
        {
            throw Problems.InvalidArgument(
                $"Checkpoint '{name}' is of a kernel that does not learn who it is: only unikernels are kept ready as shells.", name, "Clone it without the pool.");
        }

        return new PoolFlavourRecord
        {
            Image = guest?.Image ?? "",
            Checkpoint = name,
            Memory = guest?.Memory ?? 0,
            VCpuCount = guest?.VCpuCount ?? 1,
            Devices = guest is null ? 0 : DeviceSlots.Count(guest),
            Count = definition.Count,
        };
    }

    /// <summary>The pool with a flavour set, or without it if its count is 0.</summary>
    public static PoolRecord With(PoolRecord pool, PoolFlavourRecord flavour) => pool with
    {
        Flavours = [.. pool.Flavours.Where(other => !other.IsSameAs(flavour)), .. flavour.Count > 0 ? [flavour] : Array.Empty<PoolFlavourRecord>()],
    };
}
