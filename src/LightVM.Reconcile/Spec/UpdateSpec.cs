namespace LightVM.Reconcile;

/// <summary>How guests of an entry that have to be stopped for a change are changed: some at a time, and no further once one is broken.</summary>
public sealed record UpdateSpec
{
    /// <summary>How long a stop waits for connections where nothing is said.</summary>
    public const int DefaultDrain = 10;

    /// <summary>Guests that are changed at the same time.</summary>
    public int MaxUnavailable { get; init; } = 1;

    /// <summary>How long one that is ready must stay so.</summary>
    public int MinHealthySeconds { get; init; } = 1;

    /// <summary>Seconds in which a changed guest must be ready.</summary>
    public int ProgressDeadline { get; init; } = 60;

    public int DrainSeconds { get; init; } = DefaultDrain;

    /// <summary>Whether those that were changed go back to what they were when one of them is broken.</summary>
    public bool AutoRevert { get; init; } = true;
}
