namespace LightVM.Reconcile;

/// <summary>A plan together with what it was made from, ready to be applied.</summary>
public sealed class FleetPlan
{
    internal FleetPlan(FleetSpec spec, ObservedFleet observed, IReadOnlyDictionary<string, Placed>? places, ReconcileOptions options, Plan plan, IReadOnlyList<PlannedStep> steps)
    {
        Spec = spec;
        Observed = observed;
        Places = places;
        Options = options;
        Plan = plan;
        Steps = steps;
    }

    public FleetSpec Spec { get; }

    public ObservedFleet Observed { get; }

    public ReconcileOptions Options { get; }

    public Plan Plan { get; }

    internal IReadOnlyList<PlannedStep> Steps { get; }

    /// <summary>Where each guest is to be; null: the spec names no hosts.</summary>
    internal IReadOnlyDictionary<string, Placed>? Places { get; }

    /// <summary>The hosts that were looked at, by name; empty: whoever applies it has the one.</summary>
    internal IReadOnlyDictionary<string, IReconcileHost> Connections { get; private set; } = new Dictionary<string, IReconcileHost>();

    internal FleetPlan On(IReadOnlyDictionary<string, IReconcileHost> connections)
    {
        Connections = connections;
        return this;
    }
}
