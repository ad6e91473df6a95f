namespace LightVM.Reconcile;

/// <summary>What cannot be done because guests that it depends on are blocked. Pure.</summary>
internal static class DependencyPlanner
{
    /// <summary>Blocks steps of guests, level by level.</summary>
    public static void Block(FleetSpec spec, List<PlannedStep> steps)
    {
        var blocked = new Dictionary<string, PlannedStep>(StringComparer.Ordinal);
        void Note(PlannedStep step)
        {
            if (step.Step.Action == PlanAction.Blocked)
            {
                blocked.TryAdd(step.Spec!.Name, step);
            }
        }

        steps.Where(step => step.Spec is not null).ToList().ForEach(Note);
        foreach (GuestSpec entry in DependencyReferences.Levels(spec.Guests).Where(pair => pair.Value > 0).OrderBy(pair => pair.Value).Select(pair => pair.Key))
        {
            if (entry.DependsOn.FirstOrDefault(dependency => blocked.ContainsKey(dependency.Name)) is not { } needed)
            {
                continue;
            }

            for (int i = 0; i < steps.Count; i++)
            {
                if (steps[i].Spec == entry && steps[i].Step.Action is not (PlanAction.NoChange or PlanAction.Blocked))
                {
                    steps[i] = steps[i].Blocked($"depends on '{needed.Name}', which is blocked", blocked[needed.Name].Step.Problem);
                    Note(steps[i]);
                }
            }
        }
    }
}
