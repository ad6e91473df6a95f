namespace LightVM.Toolstack;

/// <summary>What a shell is built with, and what cannot change any more: guests that ask for the same can be made of it.</summary>
internal readonly record struct ShellKind(string ImageDigest, long Memory, int VCpuCount, int ControlPages, int CpuPool, string? Checkpoint = null)
{
    /// <summary>The kind that a guest can be made of.</summary>
    public static ShellKind Of(GuestRecord record) =>
        new(record.ImageDigest, record.Memory, record.VCpuCount, DeviceSlots.ControlPages(record), record.CpuPool);

    /// <summary>The kind that clones of a checkpoint can be made of.</summary>
    public static ShellKind Of(StoredCheckpoint stored)
    {
        GuestRecord guest = stored.Header.Guest;
        return new ShellKind(guest.ImageDigest, guest.Memory, guest.VCpuCount, guest.ControlPages, guest.CpuPool, stored.Stem);
    }

    /// <summary>The same for a guest of so many devices that has none of them yet.</summary>
    public static ShellKind Of(GuestRecord record, int devices) => Of(record) with { ControlPages = DeviceSlots.ControlPages(devices) };

    /// <summary>
    /// Whether shells can become this guest at all. Files and environment are in the ramdisk, which is built in; a kernel that is
    /// no unikernel of ours takes nothing from a device page.
    /// </summary>
    public static bool Fits(GuestRecord record, LoadedImage image) =>
        !image.IsLinux && record.Type == GuestType.Pv && record.Environment.Count == 0 && record.Files.Count == 0;
}
