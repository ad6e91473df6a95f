namespace LightVM.Toolstack;

/// <summary>The parts of a start that are timed, in their order.</summary>
internal enum StartPhase
{
    /// <summary>From the decoded request: its checks, its name.</summary>
    Reserve,

    /// <summary>Saving the intent.</summary>
    Intent,

    /// <summary>From there (in a batch, and at a restart: from the guest's turn) to the builder.</summary>
    Prepare,

    /// <summary>lightvm_guest_create.</summary>
    Build,

    Unpause,

    /// <summary>The console log file; the guest runs meanwhile.</summary>
    Log,

    /// <summary>Sending the attach; lightvm-io works on it meanwhile.</summary>
    Attach,

    /// <summary>From there to the first event. Negative where that came before this thread went on: with one CPU, mostly.</summary>
    FirstEvent,

    /// <summary>From the first event to its continuation here.</summary>
    Wake,
}
