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
[Cmdlet(VerbsLifecycle.Invoke, "LightVMReconcile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = PathSet)]
[OutputType(typeof(ReconcileResult))]
public sealed class InvokeLightVMReconcileCommand : SpecCmdlet
{
    private const int ProgressId = 7900;
    private static readonly string[] Tags = ["LightVM", "Reconcile"];

    /// <summary>Keeps the fleet's guests that the spec no longer names.</summary>
    [Parameter]
    public SwitchParameter NoPrune { get; set; }

    /// <summary>Writes a result for what needed no change too.</summary>
    [Parameter]
    public SwitchParameter IncludeUnchanged { get; set; }

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? given is SwitchParameter { IsPresent: true } or true
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    protected override void EndProcessing()
    {
        IReadOnlyList<FleetSpec> specs = LoadAll();
        IReadOnlyList<LightVMClient> clients = ClientsOf(HostName);
        foreach (FleetSpec spec in specs)
        {
            foreach (LightVMClient client in clients)
            {
                try
                {
                    Reconcile(spec, client);
                }
                catch (LightVMException e) when (clients.Count > 1 && e.Findings.Count == 0)
                {
                    // One host that cannot be reached does not keep the others from theirs.
                    WriteProblem(e, client.HostName);
                }
                catch (LightVMException e)
                {
                    ThrowSpecProblem(e);
                }
            }
        }
    }

    /// <summary>All files are validated before anything is done; each bad one is an error of its own, and the last of them ends the command.</summary>
    private List<FleetSpec> LoadAll()
    {
        var specs = new List<FleetSpec>();
        var errors = new List<LightVMException>();
        foreach (SpecFile file in Files)
        {
            try
            {
                FleetSpec spec = Load(file);
                specs.Add(specs.Find(other => other.Name == spec.Name) is { } twin ? throw SpecProblems.SameFleet(spec, twin) : spec);
            }
            catch (LightVMException e)
            {
                errors.Add(e);
            }
        }

        foreach (LightVMException e in errors.SkipLast(1))
        {
            WriteError(ErrorCategories.ToErrorRecord(e, TargetOf(e)));
        }

        if (errors.Count > 0)
        {
            ThrowSpecProblem(errors[^1]);
        }

        return specs;
    }

    private void Reconcile(FleetSpec spec, LightVMClient client)
    {
        WriteVerbose($"Reading what {client.HostName} has, for fleet '{spec.Name}' of {spec.File}.");
        var reconciler = new Reconciler(new ClientHost(client), new ReconcileOptions { NoPrune = NoPrune });
        FleetPlan plan = Run(token => reconciler.PlanAsync(spec, token));
        string counts = string.Join(", ", plan.Plan.Steps.CountBy(step => step.Action).OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));
        WriteVerbose($"Plan of fleet '{spec.Name}' on {client.HostName}: {(counts.Length == 0 ? "nothing" : counts)}.");
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

    private void ThrowSpecProblem(LightVMException exception) =>
        ThrowTerminatingError(ErrorCategories.ToErrorRecord(exception, TargetOf(exception)));

    private static object? TargetOf(LightVMException exception) =>
        exception.Findings.Count > 0 ? exception.Findings.ToArray() : exception.Problem.Target;

    // Progress<T> would report later and on another thread; this is called in the order of what happens.
    private sealed class Reporter(Action<ReconcileEvent> report) : IProgress<ReconcileEvent>
    {
        public void Report(ReconcileEvent value) => report(value);
    }
}
