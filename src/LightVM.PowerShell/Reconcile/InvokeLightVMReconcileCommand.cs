using System.Globalization;
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
/// <code>$steps = Compare-LightVMSpec ./specs/web.yaml; $steps; $steps | Invoke-LightVMReconcile -Confirm</code>
/// Shows a plan, and does just that.
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "LightVMReconcile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(ReconcileResult))]
public sealed class InvokeLightVMReconcileCommand : PlanningCmdlet
{
    private const int ProgressId = 7900;
    private const string PlanSet = "Plan";
    private const string StepSet = "Step";
    private static readonly string[] Tags = ["LightVM", "Reconcile"];

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

    /// <summary>Writes a result for what needed no change too.</summary>
    [Parameter]
    public SwitchParameter IncludeUnchanged { get; set; }

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? given is SwitchParameter { IsPresent: true } or true
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

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
        if (Plan is not null || steps.Count > 0)
        {
            ReconcilePlan();
            return;
        }

        ForEachFleet((spec, client) => Reconcile(spec, client));
    }

    private void ReconcilePlan()
    {
        try
        {
            Plan plan = Plan is null ? PlanInput.Whole(steps) : PlanInput.Of(Plan, ReadPlan);
            Reconcile(Load(Literal(plan.SpecPath)), ClientOf(plan.HostName), plan);
        }
        catch (LightVMException e)
        {
            ThrowSpecProblem(e);
        }
    }

    private Plan ReadPlan(string path)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        return Run(token => PlanFile.ReadAsync(full, token));
    }

    private void Reconcile(FleetSpec spec, LightVMClient client, Plan? before = null)
    {
        Reconciler reconciler = ReconcilerOf(client, before?.NoPrune ?? NoPrune);
        FleetPlan plan = PlanOf(reconciler, spec, client, before);
        bool whatIf = IsWhatIf;
        HashSet<PlanStep> approved = [.. plan.Plan.Steps.Where(step => step.Action != PlanAction.NoChange && Approve(step, whatIf))];
        if (whatIf)
        {
            return;
        }

        if (!plan.Plan.HasChanges)
        {
            Inform($"Nothing to do: fleet '{spec.Name}' on {client.HostName} is as {spec.File} says.");
        }

        var progress = new BatchProgress($"Reconciling fleet {spec.Name} on {client.HostName}", ProgressId);
        try
        {
            Run(token => reconciler.ApplyAsync(plan, approved, new Reporter(e => Report(e, progress, token)), token));
        }
        finally
        {
            if (progress.Completed() is { } record)
            {
                WriteProgress(record);
            }
        }
    }

    /// <summary>Blocked steps do nothing, so nobody is asked about them; -WhatIf shows them like the others.</summary>
    private bool Approve(PlanStep step, bool whatIf) =>
        step.Action == PlanAction.Blocked && !whatIf
        || ShouldProcess(step.ToString(), $"{step}?", "Reconcile");

    /// <summary>Called by the engine, from any thread: the pipeline's thread writes.</summary>
    private void Report(ReconcileEvent happened, BatchProgress progress, CancellationToken cancellationToken)
    {
        if (happened.Result is not { } result)
        {
            Post(() => Inform(happened.Message), cancellationToken);
            return;
        }

        if (result.Status == ReconcileStatus.Unchanged && !IncludeUnchanged)
        {
            return;
        }

        Post(() => Write(result, happened, progress), cancellationToken);
    }

    private void Post(Action action, CancellationToken cancellationToken) =>
        PostAsync(action, cancellationToken).AsTask().GetAwaiter().GetResult();

    private void Write(ReconcileResult result, ReconcileEvent happened, BatchProgress progress)
    {
        WriteObject(result);
        if (result.Status != ReconcileStatus.Unchanged)
        {
            string milliseconds = result.Duration.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
            Inform($"{happened.Message}: {result.Status} ({milliseconds} ms)");
        }

        if (result.Error is { } error)
        {
            WriteProblem(error, result);
        }

        if (progress.Next(happened.Done, happened.Total) is { } record)
        {
            WriteProgress(record);
        }
    }

    private void Inform(string message) => WriteInformation(message, Tags);

    // Progress<T> would report later and on another thread; this is called in the order of what happens.
    private sealed class Reporter(Action<ReconcileEvent> report) : IProgress<ReconcileEvent>
    {
        public void Report(ReconcileEvent value) => report(value);
    }
}
