namespace LightVM.Toolstack;

/// <summary>The parts of a restore that are timed, in their order.</summary>
internal enum RestorePhase
{
    /// <summary>Disks, ports, rules.</summary>
    Prepare,

    /// <summary>lightvm_guest_restore.</summary>
    Fill,

    /// <summary>What was left of reading all of the file, beside that.</summary>
    Verify,

    /// <summary>Its log, and sending the attach and the devices.</summary>
    Attach,

    /// <summary>lightvm-io's word on each device.</summary>
    Devices,

    /// <summary>The record.</summary>
    Confirm,

    /// <summary>From its unpausing to its first event here.</summary>
    FirstEvent,
}
