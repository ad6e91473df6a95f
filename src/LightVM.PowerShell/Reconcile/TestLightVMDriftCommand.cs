using System.Management.Automation;
using LightVM.Client;
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
        foreach (LightVMClient client in ClientsOf(HostName, errors))
        {
            foreach (FleetSpec spec in specs)
            {
                try
                {
                    drift |= Tell(PlanOf(ReconcilerOf(client, NoPrune), spec, client).Plan);
                }
                catch (LightVMException e)
                {
                    errors.Add(e);
                }
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

    private bool Tell(Plan plan)
    {
        foreach (PlanStep step in plan.Steps.Where(step => step.Action != PlanAction.NoChange))
        {
            WriteInformation(step, Tags);
        }

        return plan.HasChanges;
    }
}
