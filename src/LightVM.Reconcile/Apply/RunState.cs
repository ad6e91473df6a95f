using System.Collections.Concurrent;
using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>One application of a plan: which steps are open, and the results so far. Its members may be called from several threads.</summary>
internal sealed class RunState
{
    private readonly Lock gate = new();
    private readonly ReconcileResult?[] results;
    private readonly Dictionary<PlanStep, int> positions;
    private readonly IProgress<ReconcileEvent>? progress;
    private readonly bool[] wanted;
    private readonly int total;
    private readonly ConcurrentDictionary<string, Problem> unreachable = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<PlanStep, Guest> seen = new();
    private int done;

    public RunState(FleetPlan plan, IReadOnlySet<PlanStep>? approved, IProgress<ReconcileEvent>? progress)
    {
        Plan = plan;
        this.progress = progress;
        results = new ReconcileResult?[plan.Steps.Count];
        positions = new Dictionary<PlanStep, int>(plan.Steps.Count);
        wanted = new bool[plan.Steps.Count];
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            PlanStep step = plan.Steps[i].Step;
            positions[step] = i;
            wanted[i] = approved is null || step.Action == PlanAction.NoChange || approved.Contains(step);
        }

        total = plan.Steps.Where((step, i) => wanted[i] && step.Step.Action != PlanAction.NoChange).Count();
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            PlannedStep step = plan.Steps[i];
            if (step.Step.Action == PlanAction.NoChange)
            {
                Finish(step, ReconcileStatus.Unchanged);
            }
            else if (step.Step.Action == PlanAction.Blocked && wanted[i])
            {
                Finish(step, ReconcileStatus.Blocked, error: step.Step.Problem);
            }
        }
    }

    public FleetPlan Plan { get; }

    public IReadOnlyList<ReconcileResult> Results
    {
        get
        {
            lock (gate)
            {
                return [.. results.OfType<ReconcileResult>()];
            }
        }
    }

    /// <summary>Notes what a guest is by now, where this run has changed it before its turn.</summary>
    public void See(PlannedStep step, Guest guest) => seen[step.Step] = guest;

    /// <summary>The guest of a step as it was last seen.</summary>
    public Guest GuestOf(PlannedStep step) => seen.GetValueOrDefault(step.Step) ?? step.Guest!;

    /// <summary>Whether a host was lost on the way.</summary>
    public bool IsLost(string hostName) => unreachable.ContainsKey(hostName);

    /// <summary>Notes that a host was lost: what is still to be done there is blocked.</summary>
    public void Lose(string hostName, Problem problem) => unreachable.TryAdd(hostName, problem);

    /// <summary>Whether every step of a host was taken and came out well.</summary>
    public bool IsWell(string hostName)
    {
        lock (gate)
        {
            return !Plan.Steps.Where((step, i) =>
                step.Step.HostName == hostName && results[i]?.Status is not (ReconcileStatus.Succeeded or ReconcileStatus.Unchanged)).Any();
        }
    }

    /// <summary>What became of the guest of that name on a host; null: nothing yet, or there is no such step.</summary>
    public ReconcileStatus? StatusOf(string guest, string hostName)
    {
        lock (gate)
        {
            return results.FirstOrDefault(result => result is { Kind: ResourceKind.Guest } && result.Name == guest && result.HostName == hostName)?.Status;
        }
    }

    /// <summary>Whether any step is still to be taken.</summary>
    public bool HasOpen
    {
        get
        {
            lock (gate)
            {
                return results.Where((result, i) => result is null && wanted[i]).Any();
            }
        }
    }

    /// <summary>Steps of a host that were declined.</summary>
    public int DeclinedOn(string hostName) => Plan.Steps.Where((step, i) => !wanted[i] && step.Step.HostName == hostName).Count();

    /// <summary>Since it began.</summary>
    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>Steps that are still to be taken.</summary>
    public IReadOnlyList<PlannedStep> Open(ResourceKind kind, params ReadOnlySpan<PlanAction> actions)
    {
        var open = new List<PlannedStep>();
        lock (gate)
        {
            for (int i = 0; i < results.Length; i++)
            {
                PlannedStep step = Plan.Steps[i];
                if (results[i] is null && wanted[i] && step.Step.Kind == kind && actions.Contains(step.Step.Action))
                {
                    open.Add(step);
                }
            }
        }

        return open;
    }

    /// <summary>Guests of the spec that are still to be made or changed.</summary>
    public IReadOnlyList<PlannedStep> OpenGuests =>
        [.. Open(ResourceKind.Guest, PlanAction.Create, PlanAction.Update, PlanAction.Restart, PlanAction.Replace).Where(step => !step.Releases)];

    /// <summary>Guests that need an image which did not come are not tried.</summary>
    public void BlockWhatNeedsImages() => BlockWhatNeeds(
        ResourceKind.Image,
        "image",
        ErrorCodes.ImageNotFound,
        "could not be imported",
        step => step.Step.Action is PlanAction.Create or PlanAction.Replace ? [step.Spec!.Image] : [],
        _ => false);

    /// <summary>
    /// Guests that are to be put on a network which could not be made are not tried. One that is there and only could not be changed
    /// is as good as before.
    /// </summary>
    public void BlockWhatNeedsNetworks() => BlockWhatNeeds(
        ResourceKind.Network,
        "network",
        ErrorCodes.NetworkNotFound,
        "could not be made",
        step => step.NetworksNeeded,
        step => step.Network?.Fleet == Plan.Spec.Name);

    private void BlockWhatNeeds(
        ResourceKind kind, string word, string code, string failed, Func<PlannedStep, IEnumerable<string>> needs, Func<PlannedStep, bool> isGoodAsItIs)
    {
        var missing = new Dictionary<(string HostName, string Name), int>();
        for (int i = 0; i < Plan.Steps.Count; i++)
        {
            PlannedStep step = Plan.Steps[i];
            if (step.Step.Kind == kind && step.Step.Action != PlanAction.Delete && !isGoodAsItIs(step)
                && results[i]?.Status is not (ReconcileStatus.Succeeded or ReconcileStatus.Unchanged))
            {
                missing[(step.Step.HostName, step.Step.Name)] = i;
            }
        }

        foreach (PlannedStep step in OpenGuests)
        {
            if (needs(step).FirstOrDefault(name => missing.ContainsKey((step.Step.HostName, name))) is not { } name)
            {
                continue;
            }

            int needed = missing[(step.Step.HostName, name)];
            string why = wanted[needed] ? failed : "was declined";
            Finish(step, ReconcileStatus.Blocked, $"needs {word} '{name}', which {why}", results[needed]?.Error ?? new Problem
            {
                Code = code,
                Detail = $"Guest '{step.Step.Name}' needs {word} '{name}', which {why}.",
                Target = name,
                Recommendation = $"Approve the step of the {word} too.",
            });
        }
    }

    /// <summary>Before anything is deleted: every other step has its result, or this library has a bug.</summary>
    public void Settle()
    {
        if (OpenGuests is [var left, ..])
        {
            throw new UnreachableException($"The step '{left.Step}' was left without a result.");
        }
    }

    /// <summary>When the host has gone, further requests would only wait for the same failure.</summary>
    public bool BlockIfUnreachable(PlannedStep step)
    {
        if (!unreachable.TryGetValue(step.Step.HostName, out Problem? problem))
        {
            return false;
        }

        Finish(step, ReconcileStatus.Blocked, "the host was lost before its turn", problem);
        return true;
    }

    public void Succeed(PlannedStep step, Stopwatch clock, Guid? id = null) =>
        Finish(step, ReconcileStatus.Succeeded, duration: clock.Elapsed, id: id);

    public void Fail(PlannedStep step, Problem problem, Stopwatch clock)
    {
        if (problem.Code is ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied)
        {
            Lose(step.Step.HostName, problem);
        }

        Finish(step, ReconcileStatus.Failed, error: problem, duration: clock.Elapsed);
    }

    /// <summary>It is not tried, and nothing is wrong with the host.</summary>
    public void Block(PlannedStep step, string reason, Problem problem) => Finish(step, ReconcileStatus.Blocked, reason, problem);

    /// <summary>It was done, and taken back.</summary>
    public void Revert(PlannedStep step, string reason, Problem problem, Stopwatch clock) =>
        Finish(step, ReconcileStatus.Reverted, reason, problem, clock.Elapsed);

    /// <summary>The guests of an entry that are there and were not found wanting, by what is known now.</summary>
    public IReadOnlyList<GuestRef> GuestsOf(GuestSpec entry)
    {
        lock (gate)
        {
            return
            [
                .. Plan.Steps.Where(step => step.Spec == entry)
                    .Select(step => (results[positions[step.Step]]?.Id ?? step.Guest?.Id) is { } id ? new GuestRef(step.Step.HostName, id) : (GuestRef?)null)
                    .OfType<GuestRef>(),
            ];
        }
    }

    /// <summary>Steps of an entry that did not come out well.</summary>
    public IReadOnlyList<PlannedStep> FailedOf(GuestSpec entry)
    {
        lock (gate)
        {
            return [.. Plan.Steps.Where(step => step.Spec == entry
                && results[positions[step.Step]]?.Status is ReconcileStatus.Failed or ReconcileStatus.Blocked or ReconcileStatus.Reverted)];
        }
    }

    public void Tell(ReconcilePhase phase, string message) =>
        progress?.Report(new ReconcileEvent(phase, message, Volatile.Read(ref done), total));

    private void Finish(
        PlannedStep step, ReconcileStatus status, string? reason = null, Problem? error = null, TimeSpan duration = default, Guid? id = null)
    {
        PlanStep planned = step.Step;
        var result = new ReconcileResult
        {
            Kind = planned.Kind,
            Name = planned.Name,
            HostName = planned.HostName,
            Action = planned.Action,
            Status = status,
            Reason = reason ?? planned.Reason,
            Duration = duration,
            Error = error,
            Id = id ?? step.Guest?.Id,
            Changes = planned.Changes,
        };
        int finished;
        lock (gate)
        {
            ref ReconcileResult? place = ref results[positions[planned]];
            if (place is not null)
            {
                throw new UnreachableException($"The step '{planned}' has a second result.");
            }

            place = result;
            finished = planned.Action == PlanAction.NoChange ? done : ++done;
        }

        // Outside the lock: whoever listens may make this wait.
        ReconcilePhase phase = planned.Action == PlanAction.Delete || step.Releases ? ReconcilePhase.Prune : ReconcilePhase.Apply;
        progress?.Report(new ReconcileEvent(phase, planned.ToString(), finished, total, result));
    }
}
