namespace LightVM.Toolstack;

/// <summary>The parts of a save that are timed, in their order; of one with Keep the guest is let go on after Write.</summary>
internal enum SavePhase
{
    /// <summary>Saving the intent.</summary>
    Intent,

    /// <summary>From asking the guest until it stands still and lightvm-io has let it go.</summary>
    Suspend,

    /// <summary>Its disks; the header and the memory into the file.</summary>
    Write,

    /// <summary>The checksum over the file.</summary>
    Checksum,

    /// <summary>The disk's word that all of it is there, and its name.</summary>
    Sync,

    /// <summary>The record.</summary>
    Confirm,

    /// <summary>The domain's destruction.</summary>
    Destroy,
}
