namespace LightVM.Reconcile;

/// <summary>Planning: a pure function of the spec, of what was observed, and of the options. It asks nothing and changes nothing.</summary>
public static class Planner
{
    /// <summary>For one host, which has all of the spec.</summary>
    public static FleetPlan Plan(FleetSpec spec, ObservedHost observed, ReconcileOptions options) => Plan(spec, new ObservedFleet([observed]), null, options);

    /// <param name="spec">The spec.</param>
    /// <param name="observed">What its hosts have.</param>
    /// <param name="places">Where its guests are to be; null: on the only host.</param>
    /// <param name="options">How.</param>
    internal static FleetPlan Plan(FleetSpec spec, ObservedFleet observed, IReadOnlyDictionary<string, Placed>? places, ReconcileOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(observed);
        ArgumentNullException.ThrowIfNull(options);
        HostPlanner[] hosts = [.. observed.Hosts.Select(host => new HostPlanner(spec, host, options, places))];
        List<PlannedStep>[] wanted = [.. hosts.Select(host => host.Wanted())];

        // Dependencies lead from host to host.
        List<PlannedStep> together = [.. wanted.SelectMany(steps => steps), .. LostPlanner.Guests(spec, observed, places)];
        DependencyPlanner.Block(spec, together);

        var steps = new List<PlannedStep>();
        steps.AddRange(observed.Departed.SelectMany(host => new HostPlanner(spec, host, options, places) { Departed = true }.Rest([])));
        steps.AddRange(LostPlanner.Hosts(spec, observed));
        int from = 0;
        for (int i = 0; i < hosts.Length; i++)
        {
            List<PlannedStep> own = together[from..(from += wanted[i].Count)];
            steps.AddRange(own);
            steps.AddRange(hosts[i].Rest(own));
        }

        steps.AddRange(together[from..]);
        var plan = new Plan
        {
            FleetName = spec.Name,
            Fingerprint = Fingerprint.Of(spec, observed, options, steps),
            SpecDigest = spec.Digest,
            SpecPath = spec.File,
            HostName = observed.HostNames,
            NoPrune = options.NoPrune,
            Steps = [.. steps.Select(step => step.Step)],
        };
        foreach (PlanStep step in plan.Steps)
        {
            step.Plan = plan;
        }

        return new FleetPlan(spec, observed, places, options, plan, steps);
    }
}
