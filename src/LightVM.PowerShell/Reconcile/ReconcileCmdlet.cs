using System.Globalization;
using System.Management.Automation;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that plans fleets, or applies plans.</summary>
public abstract class ReconcileCmdlet : HostCmdlet
{
    private const int ProgressId = 7900;
    private const int BuildProgressId = 7901;
    private static readonly string[] Tags = ["LightVM", "Reconcile"];

    /// <summary>What has become of all that this command has applied, or shown under -WhatIf.</summary>
    private protected ReconcileOutcome Outcome { get; set; }

    /// <summary>Where specs' secrets come from.</summary>
    private protected ISecretSource Secrets => new SessionSecrets(SecretOf);

    /// <summary>What builds images of specs' recipes. It is used inside Run.</summary>
    private protected IRecipeBuilder Recipes => new TinyxRecipes(ShowBuild, (warning, token) => PostAsync(() => WriteWarning(warning), token));

    private void ShowBuild(string image, string? step) => TryPost(() =>
    {
        if (step is not null)
        {
            WriteVerbose($"Building image {image}: {step}.");
        }

        WriteProgress(new ProgressRecord(BuildProgressId, $"Building image {image}", step ?? "done")
        {
            RecordType = step is null ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    });

    /// <summary>From inside Run: a secret of the session's vaults; null: the session has none.</summary>
    private async Task<SecretValue?> SecretOf(string name, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<SecretValue?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PostAsync(
            () =>
            {
                try
                {
                    answer.SetResult(SessionSecrets.Ask(InvokeCommand, name));
                }
                catch (Exception e)
                {
                    answer.SetException(e);
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? given is SwitchParameter { IsPresent: true } or true
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    private protected static Reconciler ReconcilerOf(ReconcileTarget target, bool noPrune, IReadOnlyList<string>? forget = null, bool allowEmpty = false) =>
        target.Make(new ReconcileOptions { NoPrune = noPrune, ForgetHosts = forget ?? [], AllowEmpty = allowEmpty });

    /// <summary>Looks at the hosts, and plans.</summary>
    /// <exception cref="LightVMException">As Reconciler.PlanAsync.</exception>
    private protected FleetPlan PlanOf(Reconciler reconciler, FleetSpec spec, ReconcileTarget target, Plan? before = null)
    {
        WriteVerbose($"Reading what {target.HostName} has, for fleet '{spec.Name}' of {spec.File}.");
        FleetPlan plan = Run(token => before is null ? reconciler.PlanAsync(spec, token) : reconciler.PlanAgainAsync(before, spec, token));
        string counts = string.Join(", ", plan.Plan.Steps.CountBy(step => step.Action).OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));
        WriteVerbose($"Plan of fleet '{spec.Name}' on {target.HostName}: {(counts.Length == 0 ? "nothing" : counts)}.");
        return plan;
    }

    /// <summary>Plans, has each step approved, applies, and writes the results.</summary>
    /// <exception cref="LightVMException">As the Reconciler.</exception>
    private protected void Reconcile(
        FleetSpec spec, ReconcileTarget target, bool noPrune, bool includeUnchanged, bool allowEmpty, Plan? before = null, IReadOnlyList<string>? forget = null)
    {
        Reconciler reconciler = ReconcilerOf(target, noPrune, forget, allowEmpty);
        FleetPlan plan = PlanOf(reconciler, spec, target, before);
        bool whatIf = IsWhatIf;
        HashSet<PlanStep> approved = [.. plan.Plan.Steps.Where(step => step.Action != PlanAction.NoChange && Approve(step, whatIf))];
        if (whatIf)
        {
            Outcome |= plan.Plan.HasChanges ? ReconcileOutcome.Changed : ReconcileOutcome.Unchanged;
            return;
        }

        if (!plan.Plan.HasChanges)
        {
            Inform($"Nothing to do: fleet '{spec.Name}' on {target.HostName} is as {spec.File} says.");
        }

        var progress = new BatchProgress($"Reconciling fleet {spec.Name} on {target.HostName}", ProgressId);
        var failed = new List<ReconcileResult>();
        try
        {
            Run(token => reconciler.ApplyAsync(plan, approved, new Reporter(e => Report(e, progress, failed, includeUnchanged, token)), token));
        }
        catch (LightVMException)
        {
            WriteErrors(failed);
            throw;
        }
        finally
        {
            if (progress.Completed() is { } record)
            {
                WriteProgress(record);
            }
        }

        WriteErrors(failed);
    }

    /// <summary>
    /// When the run is over: under -ErrorAction Stop the first error ends the command, and would keep the run from taking an update back and from
    /// recording what it did.
    /// </summary>
    private void WriteErrors(List<ReconcileResult> failed) => failed.ForEach(result => WriteProblem(result.Error!, result));

    /// <summary>Blocked steps do nothing, so nobody is asked about them; -WhatIf shows them like the others.</summary>
    private bool Approve(PlanStep step, bool whatIf) =>
        step.Action == PlanAction.Blocked && !whatIf
        || ShouldProcess(step.ToString(), $"{step}?", "Reconcile");

    /// <summary>Called by the engine, from any thread: the pipeline's thread writes.</summary>
    private void Report(ReconcileEvent happened, BatchProgress progress, List<ReconcileResult> failed, bool includeUnchanged, CancellationToken cancellationToken)
    {
        if (happened.Result is not { } result)
        {
            Post(() => Inform(happened.Message), cancellationToken);
            return;
        }

        if (result.Status == ReconcileStatus.Unchanged && !includeUnchanged)
        {
            return;
        }

        Post(() => Write(result, happened, progress, failed), cancellationToken);
    }

    private void Post(Action action, CancellationToken cancellationToken) =>
        PostAsync(action, cancellationToken).AsTask().GetAwaiter().GetResult();

    private void Write(ReconcileResult result, ReconcileEvent happened, BatchProgress progress, List<ReconcileResult> failed)
    {
        Outcome |= result.Status switch
        {
            ReconcileStatus.Unchanged => ReconcileOutcome.Unchanged,
            ReconcileStatus.Succeeded => ReconcileOutcome.Changed,
            _ => ReconcileOutcome.Failed,
        };
        WriteObject(result);
        if (result.Status != ReconcileStatus.Unchanged)
        {
            string milliseconds = result.Duration.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
            Inform($"{happened.Message}: {result.Status} ({milliseconds} ms)");
        }

        if (result.Error is not null)
        {
            failed.Add(result);
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
