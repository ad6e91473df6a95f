using System.Management.Automation;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Whether hosts are other than spec files say. Writes one Boolean, $true when there is drift; each difference goes to the
/// Information stream as a LightVM.PlanStep. Changes nothing. A host that cannot be looked at is an error, never $false.
/// </summary>
/// <example>
/// <code>Test-LightVMDrift ./specs/web.yaml -InformationAction Continue</code>
/// Tells whether the host has drifted, and how.
/// </example>
/// <example>
/// <code>if (Test-LightVMDrift ./specs/*.yaml) { Invoke-LightVMReconcile ./specs/*.yaml }</code>
/// Reconciles where it is needed.
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LightVMDrift", DefaultParameterSetName = PathSet)]
[OutputType(typeof(bool))]
public sealed class TestLightVMDriftCommand : PlanningCmdlet
{
    private static readonly string[] Tags = ["LightVM", "Drift"];

    protected override void EndProcessing()
    {
        bool drift = false;
        IReadOnlyList<FleetSpec> specs = LoadAll();
        var errors = new List<LightVMException>();
        foreach ((FleetSpec spec, ReconcileTarget target) in TargetsOf(specs, errors))
        {
            try
            {
                drift |= Tell(PlanOf(ReconcilerOf(target, NoPrune), spec, target).Plan, errors);
            }
            catch (LightVMException e)
            {
                errors.Add(e);
            }
        }

        foreach (LightVMException e in drift ? errors : errors.SkipLast(1))
        {
            WriteProblem(e);
        }

        if (!drift && errors.Count > 0)
        {
            ThrowSpecProblem(errors[^1]);
        }

        WriteObject(drift);
    }

    private bool Tell(Plan plan, List<LightVMException> errors)
    {
        // Of several hosts one may not have been looked at: that is no drift, and no answer either.
        HashSet<string> lost = [.. plan.Steps.Where(step => step.Kind == ResourceKind.Host).Select(step => step.HostName)];
        errors.AddRange(plan.Steps.Where(step => step.Kind == ResourceKind.Host).Select(step => new LightVMException(step.Problem!)));
        PlanStep[] drifted = [.. plan.Steps.Where(step => step.Action != PlanAction.NoChange && !lost.Contains(step.HostName))];
        foreach (PlanStep step in drifted)
        {
            WriteInformation(step, Tags);
        }

        return drifted.Length > 0;
    }
}
