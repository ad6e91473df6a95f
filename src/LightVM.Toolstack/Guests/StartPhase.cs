namespace LightVM.Toolstack;

/// <summary>The parts of a start that are timed.</summary>
internal enum StartPhase
{
    /// <summary>From the decoded request (in a batch: the guest's turn) to the builder.</summary>
    Prepare,

    /// <summary>lightvm_guest_create.</summary>
    Build,

    /// <summary>The console log file.</summary>
    Log,

    /// <summary>Sending the attach; lightvm-io works on it meanwhile.</summary>
    Attach,

    Unpause,

    /// <summary>From there to the first event.</summary>
    FirstEvent,

    /// <summary>From the first event to its continuation here.</summary>
    Wake,
}
