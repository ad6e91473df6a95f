namespace LightVM.Reconcile;

/// <summary>How a spec is planned and applied.</summary>
public sealed record ReconcileOptions
{
    /// <summary>Keeps guests of the fleet that the spec no longer names.</summary>
    public bool NoPrune { get; init; }

    /// <summary>Applies a spec that names no guest to a fleet that has some, too.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>How long a guest may take to obey a request to stop.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock that a rolling update looks at.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a fleet stays locked when the run that changes it is gone. While it lives it renews its lease three times in that.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Hosts that left the spec and will not be back: nothing of theirs is waited for any more.</summary>
    public IReadOnlyList<string> ForgetHosts { get; init; } = [];

    /// <summary>Hosts that are looked at and changed at the same time.</summary>
    public int HostThrottle { get; init; } = 16;

    /// <summary>Guests that are changed at the same time.</summary>
    public int Throttle { get; init; } = 8;
}
