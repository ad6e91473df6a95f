namespace LightVM.Toolstack;

/// <summary>What follows a guest's end.</summary>
internal enum RestartDecision
{
    /// <summary>It rests until it is started by request.</summary>
    Rest,

    /// <summary>It is started again, at once unless it keeps ending soon.</summary>
    AtOnce,

    /// <summary>It is started again after a growing delay.</summary>
    BackOff,
}
