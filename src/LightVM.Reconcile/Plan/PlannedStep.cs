namespace LightVM.Reconcile;

/// <summary>A step with what its application needs.</summary>
internal sealed record PlannedStep(PlanStep Step)
{
    /// <summary>Path of the change that makes a guest the fleet's.</summary>
    public const string FleetPath = "fleet";

    /// <summary>For a guest: the entry of the spec, null for what the spec does not name.</summary>
    public GuestSpec? Spec { get; init; }

    /// <summary>For a guest of the spec: what it is to be.</summary>
    public GuestShape? Wanted { get; init; }

    /// <summary>For a guest that is there.</summary>
    public Guest? Guest { get; init; }

    /// <summary>For a network of the spec.</summary>
    public NetworkSpec? WantedNetwork { get; init; }

    /// <summary>For a network that is there.</summary>
    public Network? Network { get; init; }

    /// <summary>For a guest that is placed on another host now: that host's name. It is deleted once it is there.</summary>
    public string? MovesTo { get; init; }

    /// <summary>Whether a guest of no fleet becomes this one's.</summary>
    public bool Adopts => Step.Changes.Any(change => change is { Path: FleetPath, To: not null });

    /// <summary>Whether a guest that the spec no longer names stays, and is of no fleet.</summary>
    public bool Releases => IsRelease(Step.Changes);

    /// <inheritdoc cref="Releases"/>
    public static bool IsRelease(IReadOnlyList<PropertyChange> changes) => changes.Any(change => change is { Path: FleetPath, To: null });

    /// <summary>For a flavour of the pool: as it is to be, or as it is there where the spec no longer names it.</summary>
    public PoolFlavour? Flavour { get; init; }

    /// <summary>For an image.</summary>
    public ImageSpec? Image { get; init; }

    /// <summary>The same, not to be taken.</summary>
    public PlannedStep Blocked(string reason, Problem? problem) => this with
    {
        Step = new PlanStep
        {
            Kind = Step.Kind, Name = Step.Name, HostName = Step.HostName, Action = PlanAction.Blocked, Changes = Step.Changes, Source = Step.Source,
            Reason = reason, Problem = problem,
        },
    };

    /// <summary>For a guest of the spec: the networks that it is to be put on by this step.</summary>
    public IEnumerable<string> NetworksNeeded =>
        Wanted is null ? []
        : Guest is null ? Wanted.Adapters.Select(adapter => adapter.Network)
        : DeviceDiff.Of(Guest, Wanted).Select(device => device.AddAdapter?.Network).OfType<string>();
}
