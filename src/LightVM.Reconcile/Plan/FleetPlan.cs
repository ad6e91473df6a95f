namespace LightVM.Reconcile;

/// <summary>A plan together with what it was made from, ready to be applied.</summary>
public sealed class FleetPlan
{
    internal FleetPlan(FleetSpec spec, ObservedHost observed, ReconcileOptions options, Plan plan, IReadOnlyList<PlannedStep> steps)
    {
        Spec = spec;
        Observed = observed;
        Options = options;
        Plan = plan;
        Steps = steps;
    }

    public FleetSpec Spec { get; }

    public ObservedHost Observed { get; }

    public ReconcileOptions Options { get; }

    public Plan Plan { get; }

    internal IReadOnlyList<PlannedStep> Steps { get; }
}
