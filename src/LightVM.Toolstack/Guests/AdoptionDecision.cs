namespace LightVM.Toolstack;

/// <summary>What a starting daemon does with a guest that it finds in the store.</summary>
internal enum AdoptionDecision
{
    /// <summary>An intent that no answer confirmed: its domain is destroyed, its record deleted.</summary>
    Forget,

    /// <summary>Its domain lives (or is kept after a crash): attach again, go on.</summary>
    Keep,

    /// <summary>It was suspended for a save that no answer confirmed: it goes on where it is.</summary>
    GoOn,

    /// <summary>It stands between two hosts: its domain is kept as it is, and nobody is told of it.</summary>
    Hold,

    /// <summary>Its domain has shut down and waits for its end to be dealt with.</summary>
    End,

    /// <summary>Its domain went while no daemon was there: its restart policy is applied to an end of unknown cause.</summary>
    Gone,

    /// <summary>The host booted: started if its policy is always, else Stopped.</summary>
    HostReboot,

    /// <summary>It waited for its restart when the daemon ended.</summary>
    ResumeRestart,

    /// <summary>It rests. A domain of its uuid is a start that no answer confirmed, and is destroyed.</summary>
    Rest,
}
