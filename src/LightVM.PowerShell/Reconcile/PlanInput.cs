using System.Collections;
using System.Management.Automation;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>The forms in which a plan can be given.</summary>
internal static class PlanInput
{
    /// <param name="value">A Plan, steps of one, or the path of a file.</param>
    /// <param name="read">Reads a file.</param>
    /// <exception cref="LightVMException">PlanIncomplete, InvalidArgument; as <paramref name="read"/>.</exception>
    public static Plan Of(object? value, Func<string, Plan> read)
    {
        object? given = value is PSObject wrapped ? wrapped.BaseObject : value;
        return given switch
        {
            Plan plan => plan,
            string path => read(path),
            FileInfo file => read(file.FullName),
            PlanStep step => Whole([step]),
            IEnumerable many when Steps(many) is { Count: > 0 } steps => Whole(steps),
            _ => throw new LightVMException(
                ErrorCodes.InvalidArgument, $"{given?.GetType().Name ?? "null"} is no plan.", null, "Give what Compare-LightVMSpec wrote, or its file."),
        };
    }

    /// <summary>The plan that these are all steps of.</summary>
    /// <exception cref="LightVMException">PlanIncomplete: some are missing, or of another plan.</exception>
    public static Plan Whole(IReadOnlyList<PlanStep> steps)
    {
        Plan plan = steps[0].Plan ?? throw PlanProblems.Loose(steps[0]);
        int own = plan.Steps.Intersect(steps).Count();
        return own == plan.Steps.Count && own == steps.Count ? plan : throw PlanProblems.Incomplete(plan, own);
    }

    /// <summary>Empty: they are not all steps.</summary>
    private static List<PlanStep> Steps(IEnumerable many)
    {
        var steps = new List<PlanStep>();
        foreach (object? item in many)
        {
            if ((item is PSObject wrapped ? wrapped.BaseObject : item) is not PlanStep step)
            {
                return [];
            }

            steps.Add(step);
        }

        return steps;
    }
}
