namespace LightVM;

/// <summary>All that has to be done to make the world match a spec: a pure function of the spec and of what was observed.</summary>
public sealed class Plan
{
    public required string FleetName { get; init; }

    /// <summary>Over the spec, the options and all that was observed and decided on: two plans with the same one do the same.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>SHA-256 of the spec file's bytes: <c>sha256:…</c>.</summary>
    public required string SpecDigest { get; init; }

    /// <summary>As the user gave it.</summary>
    public required string SpecPath { get; init; }

    /// <summary>The host that was looked at, as the session names it.</summary>
    public required string HostName { get; init; }

    /// <summary>Whether it keeps the fleet's guests that the spec no longer names.</summary>
    public bool NoPrune { get; init; }

    /// <summary>Whether any step is other than NoChange.</summary>
    public bool HasChanges => Steps.Any(step => step.Action != PlanAction.NoChange);

    /// <summary>Images first, then networks, then guests, each in the order of the spec, then what is deleted; NoChange included.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }
}
