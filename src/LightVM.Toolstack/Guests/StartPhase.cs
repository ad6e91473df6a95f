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

    /// <summary>lightvm_guest_create, until there is something to attach.</summary>
    Fill,

    /// <summary>The console log file.</summary>
    Log,

    /// <summary>Sending the attach.</summary>
    Attach,

    /// <summary>The rest of lightvm_guest_create; lightvm-io attaches the guest meanwhile.</summary>
    Build,

    /// <summary>Letting it run. Of a claim: making it the guest's, too.</summary>
    Unpause,

    /// <summary>Of a claim: sending its devices, and the attach if there is to be one.</summary>
    Devices,

    /// <summary>From there to the first event. Negative where that came before this thread went on: with one CPU, mostly.</summary>
    FirstEvent,

    /// <summary>From the first event until lightvm-io holds it and its devices, and the start goes on here.</summary>
    Wake,
}
