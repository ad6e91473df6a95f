namespace LightVM.Reconcile;

/// <summary>The phases of a run, in their order.</summary>
public enum ReconcilePhase
{
    /// <summary>The file in itself, and what it takes for granted of the host.</summary>
    Validate,

    /// <summary>Reading the host.</summary>
    Observe,

    /// <summary>Deciding.</summary>
    Plan,

    /// <summary>What has its turn when: entries whose guests others depend on come first.</summary>
    Order,

    /// <summary>Images and guests of the spec.</summary>
    Apply,

    /// <summary>Whether guests that were changed, or that others depend on, are ready.</summary>
    Probe,

    /// <summary>Guests that the spec no longer names.</summary>
    Prune,

    /// <summary>The daemon's memory of the fleet.</summary>
    Record,
}
