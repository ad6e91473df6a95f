namespace LightVM.Reconcile;

/// <summary>Why a plan that was made before is not applied.</summary>
public static class PlanProblems
{
    private const string Again = "Compare again, and look at the new plan.";

    /// <summary>The spec or the host is not as it was when the plan was made.</summary>
    public static LightVMException Stale(Plan plan, Plan now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(now);
        return new LightVMException(
            ErrorCodes.PlanStale,
            $"The plan of fleet '{plan.FleetName}' on {plan.HostName} no longer holds: {WhatMoved(plan, now)}.",
            plan.FleetName,
            Again);
    }

    /// <summary>Its steps are not those that its fingerprint was made of.</summary>
    public static LightVMException Altered(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new LightVMException(
            ErrorCodes.PlanInvalid, $"The plan of fleet '{plan.FleetName}' on {plan.HostName} was altered: its steps are not those that would be taken.", plan.FleetName, Again);
    }

    /// <summary>A spec without guests is more often a slip than meant.</summary>
    internal static LightVMException Empty(Plan plan, int guests)
    {
        return new LightVMException(
            ErrorCodes.SpecEmpty,
            FormattableString.Invariant($"{plan.SpecPath} names no guest, and fleet '{plan.FleetName}' has {guests} on {plan.HostName}, which would go. Nothing was done."),
            plan.FleetName,
            "Give -AllowEmpty if they are to go, -NoPrune if they are to stay.");
    }

    /// <summary>Between the plan and its turn another run has changed the fleet.</summary>
    public static LightVMException Overtaken(Plan plan, string hostName, long revision)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new LightVMException(
            ErrorCodes.PlanStale,
            FormattableString.Invariant($"The plan of fleet '{plan.FleetName}' on {hostName} no longer holds: another run has changed the fleet meanwhile (it is at revision {revision}). Nothing was done."),
            plan.FleetName,
            "Run it again: it plans anew.");
    }

    /// <summary>Some of the steps were left out, or steps of several plans were mixed.</summary>
    public static LightVMException Incomplete(Plan plan, int given)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new LightVMException(
            ErrorCodes.PlanIncomplete,
            $"The plan of fleet '{plan.FleetName}' on {plan.HostName} has {plan.Steps.Count} steps, of which {given} were given; a part of a plan is not applied.",
            plan.FleetName,
            "Give all steps of one plan, or its Plan.");
    }

    /// <summary>A step that came from a file or another session: what it was part of is not known.</summary>
    public static LightVMException Loose(PlanStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return new LightVMException(
            ErrorCodes.PlanIncomplete,
            $"The step '{step}' belongs to no plan.",
            step.Name,
            "Save the plan by Compare-LightVMSpec -OutFile, and give that file.");
    }

    /// <summary>There is no such file.</summary>
    public static LightVMException NotFound(string path) =>
        new(ErrorCodes.PlanNotFound, $"There is no plan file '{path}'.", path, "Make one by Compare-LightVMSpec -OutFile.");

    /// <summary>It is no plan.</summary>
    public static LightVMException Invalid(string path, string why, Exception? cause = null) =>
        new(ErrorCodes.PlanInvalid, $"'{path}' is no plan: {why}", path, "Make one by Compare-LightVMSpec -OutFile.", cause);

    /// <summary>In a few words; of several differences, the first.</summary>
    private static string WhatMoved(Plan plan, Plan now)
    {
        if (plan.SpecDigest != now.SpecDigest)
        {
            return $"{now.SpecPath} has changed since";
        }

        if (plan.HostName != now.HostName)
        {
            return $"it was made for {plan.HostName}, and this is {now.HostName}";
        }

        Dictionary<(ResourceKind, string, string), PlanStep> before = [];
        foreach (PlanStep step in plan.Steps)
        {
            before[(step.Kind, step.Name, step.HostName)] = step;
        }

        foreach (PlanStep step in now.Steps)
        {
            if (!before.Remove((step.Kind, step.Name, step.HostName), out PlanStep? old) || old.ToString() != step.ToString())
            {
                return $"what would be done now is '{step}'{(old is null ? "" : $" in place of '{old}'")}";
            }
        }

        return before.Count > 0 ? $"'{before.Values.First()}' is not needed any more" : "a guest or an image that it is about has changed since";
    }
}
