using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Makes hosts match spec files: creates what is missing, changes what differs, deletes what the fleet owns and the spec no
/// longer names. Writes one result for each step that was taken; run again, it takes none. -WhatIf shows the plan.
/// </summary>
/// <example>
/// <code>Invoke-LightVMReconcile ./specs/quickstart.yaml -WhatIf</code>
/// Shows what would be done.
/// </example>
/// <example>
/// <code>Invoke-LightVMReconcile ./specs/*.yaml</code>
/// Makes the hosts as the specs say.
/// </example>
/// <example>
/// <code>lightvm -Command 'Invoke-LightVMReconcile ./specs/web.yaml -DetailedExitCode'</code>
/// In a pipeline: ends with 0 where nothing was to do, 2 where something was changed, 1 where something failed.
/// </example>
/// <example>
/// <code>$steps = Compare-LightVMSpec ./specs/web.yaml; $steps; $steps | Invoke-LightVMReconcile -Confirm</code>
/// Shows a plan, and does just that.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "LightVMReconcile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(ReconcileResult))]
public sealed class InvokeLightVMReconcileCommand : PlanningCmdlet
{
    private const string PlanSet = "Plan";
    private const string StepSet = "Step";
    private const int Failed = 1;
    private const int Changed = 2;

    private readonly List<PlanStep> steps = [];

    /// <summary>
    /// A plan of Compare-LightVMSpec: a step's Plan, all of the steps, or the file that -OutFile wrote, whose spec is looked for from
    /// the current directory. Just that is done, or nothing if the spec or the host has changed since.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = PlanSet)]
    [ValidateNotNullOrEmpty]
    public object? Plan { get; set; }

    /// <summary>The steps of Compare-LightVMSpec over the pipeline, all those of one plan.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = StepSet)]
    [ValidateNotNullOrEmpty]
    public PlanStep[] Step { get; set; } = [];

    /// <summary>
    /// Names of hosts that are no longer under hosts: of the spec and will not be back. What the fleet had there is not waited for any more;
    /// should such a host come back after all, its guests go on running there.
    /// </summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public string[] ForgetHost { get; set; } = [];

    /// <summary>Applies a spec that names no guest to a fleet that has some, too; without, that is SpecEmpty.</summary>
    [Parameter]
    public SwitchParameter AllowEmpty { get; set; }

    /// <summary>Writes a result for what needed no change too.</summary>
    [Parameter]
    public SwitchParameter IncludeUnchanged { get; set; }

    /// <summary>
    /// Sets $LASTEXITCODE: 0 where all was as the specs say, 2 where something was changed (or would be, under -WhatIf), 1 where a step or a
    /// host failed. `lightvm` ends with that code.
    /// </summary>
    [Parameter]
    public SwitchParameter DetailedExitCode { get; set; }

    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case StepSet:
                steps.AddRange(Step);
                break;
            case PlanSet:
                break;
            default:
                base.ProcessRecord();
                break;
        }
    }

    protected override void EndProcessing()
    {
        SetExitCode(Failed);
        ReconcileAll();
        SetExitCode(Outcome.HasFlag(ReconcileOutcome.Failed) ? Failed : Outcome.HasFlag(ReconcileOutcome.Changed) ? Changed : 0);
    }

    private void ReconcileAll()
    {
        if (Plan is not null || steps.Count > 0)
        {
            ReconcilePlan();
            return;
        }

        ForEachFleet((spec, target) => Reconcile(spec, target, NoPrune, IncludeUnchanged, AllowEmpty, forget: ForgetHost));
    }

    private void SetExitCode(int code)
    {
        if (!DetailedExitCode)
        {
            return;
        }

        SessionState.PSVariable.Set("global:LASTEXITCODE", code);
        if (Host.PrivateData?.Properties["DetailedExitCode"] is { IsSettable: true } ours)
        {
            // Only lightvm has it: another host would not end with the code unless it were told to end.
            ours.Value = code;
        }
    }

    private void ReconcilePlan()
    {
        try
        {
            Plan plan = Plan is null ? PlanInput.Whole(steps) : PlanInput.Of(Plan, ReadPlan);
            FleetSpec spec = Build(Load(Literal(plan.SpecPath)));
            ReconcileTarget target = spec.Hosts.Count > 0 ? ReconcileTarget.Of(spec) : ReconcileTarget.On(HostOf(plan));
            Reconcile(spec, target, plan.NoPrune, IncludeUnchanged, AllowEmpty, plan);
        }
        catch (LightVMException e)
        {
            ThrowSpecProblem(e);
        }
    }

    private static LightVMClient HostOf(Plan plan)
    {
        if (!HostRegistry.Process.Known.Contains(plan.HostName, StringComparer.OrdinalIgnoreCase))
        {
            SessionHosts.RefuseConfiguration(plan.HostName, plan.HostName);
        }

        return ClientOf(plan.HostName);
    }

    private Plan ReadPlan(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        return Run(token => PlanFile.ReadAsync(full, token));
    }
}
