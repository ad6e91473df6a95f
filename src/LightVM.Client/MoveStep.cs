namespace LightVM.Client;

/// <summary>What is to be done for a guest to be at its destination, as both hosts show it.</summary>
internal enum MoveStep
{
    /// <summary>No earlier move stands in the way.</summary>
    Move,

    /// <summary>The destination has what an earlier move left there, and that the source has not given up: it is dropped, then moved anew.</summary>
    DropThenMove,

    /// <summary>Given up, and the destination has not got it (any more): taken back, then moved anew.</summary>
    TakeBackThenMove,

    /// <summary>Given up, and received: started there.</summary>
    Start,

    /// <summary>It runs there: the source forgets it.</summary>
    Complete,

    /// <summary>It runs there, and the source has forgotten it: the destination is told.</summary>
    Settle,

    /// <summary>The source does not know it.</summary>
    NotFound,

    /// <summary>What the hosts show does not belong together: an administrator decides.</summary>
    Undecided,
}
