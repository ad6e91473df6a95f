using System.Management.Automation;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Compares spec files with hosts, and changes nothing: writes one step for each image, network, guest and pool flavour, with what
/// reconcile would do to it and why. The steps know the Plan that they are of, which Invoke-LightVMReconcile -Plan applies.
/// </summary>
/// <example>
/// <code>Compare-LightVMSpec ./specs/web.yaml</code>
/// Shows what would be done.
/// </example>
/// <example>
/// <code>Compare-LightVMSpec ./specs/web.yaml -OutFile web.plan.json; Invoke-LightVMReconcile -Plan web.plan.json</code>
/// Saves the plan for somebody to look at; then does just that, or nothing if the spec or the host has changed meanwhile.
/// </example>
[Cmdlet(VerbsData.Compare, "LightVMSpec", DefaultParameterSetName = PathSet)]
[OutputType(typeof(PlanStep))]
public sealed class CompareLightVMSpecCommand : PlanningCmdlet
{
    private readonly List<Plan> plans = [];

    /// <summary>Saves the plan as JSON; it must be one spec's on one host.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    protected override void EndProcessing()
    {
        ForEachFleet((spec, target) => plans.Add(PlanOf(ReconcilerOf(target, NoPrune), spec, target).Plan));
        if (OutFile is not null)
        {
            Save(SessionState.Path.GetUnresolvedProviderPathFromPSPath(OutFile));
        }

        foreach (Plan plan in plans)
        {
            WriteObject(plan.Steps, enumerateCollection: true);
        }
    }

    private void Save(string path)
    {
        try
        {
            Plan plan = plans.Count == 1 ? plans[0] : throw new LightVMException(
                ErrorCodes.InvalidArgument,
                $"A plan file holds one plan, and these are {plans.Count}.",
                OutFile,
                "Compare one spec with one host for each file.");
            Run(token => PlanFile.WriteAsync(path, plan, token));
        }
        catch (LightVMException e)
        {
            ThrowProblem(e);
        }
    }
}
