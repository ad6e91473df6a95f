using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that makes plans.</summary>
public abstract class PlanningCmdlet : SpecCmdlet
{
    /// <summary>Keeps the fleet's guests that the spec no longer names.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter NoPrune { get; set; }

    private protected static Reconciler ReconcilerOf(LightVMClient client, bool noPrune) =>
        new(new ClientHost(client), new ReconcileOptions { NoPrune = noPrune });

    /// <summary>Looks at a host, and plans.</summary>
    /// <exception cref="LightVMException">As Reconciler.PlanAsync.</exception>
    private protected FleetPlan PlanOf(Reconciler reconciler, FleetSpec spec, LightVMClient client, Plan? before = null)
    {
        WriteVerbose($"Reading what {client.HostName} has, for fleet '{spec.Name}' of {spec.File}.");
        FleetPlan plan = Run(token => before is null ? reconciler.PlanAsync(spec, token) : reconciler.PlanAgainAsync(before, spec, token));
        string counts = string.Join(", ", plan.Plan.Steps.CountBy(step => step.Action).OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));
        WriteVerbose($"Plan of fleet '{spec.Name}' on {client.HostName}: {(counts.Length == 0 ? "nothing" : counts)}.");
        return plan;
    }
}
