namespace LightVM.Client.Tests;

/// <summary>What cuts a move off.</summary>
public enum MoveFault
{
    None,

    /// <summary>One request does not arrive.</summary>
    LosesRequest,

    /// <summary>One request is done, and its answer does not arrive.</summary>
    LosesAnswer,

    /// <summary>The source's daemon is killed, and back only for the next try.</summary>
    SourceDown,

    DestinationDown,

    /// <summary>Nobody asks either host for anything more, and the streams break.</summary>
    MoverGone,
}
