using System.Diagnostics;
using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>
/// Changes guests that are there, several at a time. Each is stopped (it is asked, and never destroyed for a change), changed
/// and started by itself, so that it is away only briefly and an interrupted run leaves few of them stopped.
/// </summary>
internal sealed class GuestChanger(HostSet hosts, RunState run)
{
    private readonly int stopTimeout = (int)run.Plan.Options.StopTimeout.TotalMilliseconds;

    /// <param name="mine">The steps whose turn it is.</param>
    /// <param name="cancellationToken">Begins nothing further.</param>
    public async Task ApplyAsync(Func<PlannedStep, bool> mine, CancellationToken cancellationToken)
    {
        ILookup<bool, PlannedStep> steps = run.Open(ResourceKind.Guest, PlanAction.Update, PlanAction.Restart, PlanAction.Replace)
            .Where(mine).ToLookup(step => step.Spec?.Update is not null && MayEndReadiness(step));
        await ChangeAllAsync(steps[false], cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(steps[true].GroupBy(step => step.Spec!).Select(
            entry => new RollingUpdate(hosts, run, this, entry.Key, [.. entry]).ApplyAsync(cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Another probe may fail where the earlier one passed.</summary>
    private static bool MayEndReadiness(PlannedStep step) =>
        step.Step.Action != PlanAction.Update || step.Step.Changes.Any(change => change.Path.StartsWith("probes.", StringComparison.Ordinal));

    private static bool NeedsStop(PlannedStep step) => step.Step.Changes.Any(change => change.Effect != ChangeEffect.Live && change.Path != "state");

    private Task ChangeAllAsync(IEnumerable<PlannedStep> steps, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        steps,
        new ParallelOptions { MaxDegreeOfParallelism = run.Plan.Options.Throttle, CancellationToken = cancellationToken },
        async (step, token) =>
        {
            if (run.BlockIfUnreachable(step))
            {
                return;
            }

            run.Tell(ReconcilePhase.Apply, step.Step.ToString());
            var clock = Stopwatch.StartNew();
            try
            {
                await ChangeAsync(step, token).ConfigureAwait(false);
                run.Succeed(step, clock);
            }
            catch (LightVMException e)
            {
                run.Fail(step, e.Problem, clock);
            }
        });

    /// <summary>Does what a step says.</summary>
    /// <param name="step">An Update, a Restart or a Replace.</param>
    /// <param name="cancellationToken">Gives up before it begins; a guest that is to be stopped is brought back up in any case.</param>
    /// <param name="defined">Called when its definition has been changed, which the host remembers the earlier one of; null: it need not remember.</param>
    public async Task ChangeAsync(PlannedStep step, CancellationToken cancellationToken, Action? defined = null)
    {
        Guest guest = run.GuestOf(step);
        IReconcileHost host = hosts.Of(step);
        bool remembered = false;
        Action? remember = defined is null ? null : () =>
        {
            remembered = true;
            defined();
        };
        bool needsStop = NeedsStop(step);
        cancellationToken.ThrowIfCancellationRequested();
        if (needsStop)
        {
            cancellationToken = CancellationToken.None;
            await StopAsync(host, guest, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await DefineAsync(host, step, guest, remember, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException) when (!remembered && needsStop && guest.State is GuestState.Running or GuestState.Starting)
        {
            // What ran before runs again as it was; the failure of the change is what is reported.
            await ActAsync(host, GuestAction.Start, guest, cancellationToken).ConfigureAwait(false);
            throw;
        }

        if (needsStop || guest.State is GuestState.Stopped or GuestState.Crashed)
        {
            Check(await ActAsync(host, GuestAction.Start, guest, cancellationToken).ConfigureAwait(false), host, guest);
        }
        else if (guest.State == GuestState.Paused)
        {
            Check(await ActAsync(host, GuestAction.Resume, guest, cancellationToken).ConfigureAwait(false), host, guest);
        }
    }

    /// <summary>Has a guest be what it was before its definition was changed, and start. It need not obey: what it is now is broken.</summary>
    public async Task RevertAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        Guest guest = step.Guest!;
        IReconcileHost host = hosts.Of(step);
        if (!NeedsStop(step))
        {
            await host.ChangeGuestAsync(guest.Id, new GuestChange { Revert = true }, null, cancellationToken).ConfigureAwait(false);
            return;
        }

        IReadOnlyList<GuestResult> results = await host.ActAsync(
            new GuestActionRequest { Action = GuestAction.Stop, Ids = [guest.Id], TimeoutMs = stopTimeout, Force = true }, cancellationToken).ConfigureAwait(false);
        Check(results[0], host, guest);
        await host.ChangeGuestAsync(guest.Id, new GuestChange { Revert = true }, null, cancellationToken).ConfigureAwait(false);
        Check(await ActAsync(host, GuestAction.Start, guest, cancellationToken).ConfigureAwait(false), host, guest);
    }

    /// <summary>
    /// The definition, then the devices, then the published ports, which lead to the first adapter; where an adapter goes they are taken back
    /// before, since a guest keeps the one that they need. Only the first request names the revision that was decided on: the others follow from it.
    /// </summary>
    private async Task DefineAsync(IReconcileHost host, PlannedStep step, Guest guest, Action? defined, CancellationToken cancellationToken)
    {
        GuestShape now = GuestShape.Of(guest);
        GuestShape wanted = step.Wanted!;
        IReadOnlyList<DeviceStep> devices = DeviceDiff.Of(guest, wanted);
        GuestChange? publish = wanted.ToPublish(now);
        long? revision = guest.Revision;
        bool own = step.Step.Changes.Any(change => change.Path is not ("state" or "publish") && !DeviceDiff.IsDevice(change.Path));
        if (devices.Any(device => device is { IsDisk: false, Remove: not null }) && guest.Publish.Count > 0)
        {
            await host.ChangeGuestAsync(guest.Id, new GuestChange { Publish = [] }, revision, cancellationToken).ConfigureAwait(false);
            revision = null;
            publish = wanted.PublishAll();
        }

        if (own)
        {
            GuestChange change = wanted.ToChange(now, step.Step.Action == PlanAction.Replace, step.Adopts ? run.Plan.Spec.Name : null, keepPrevious: defined is not null);
            Guest changed = await host.ChangeGuestAsync(guest.Id, change, revision, cancellationToken).ConfigureAwait(false);
            revision = null;
            defined?.Invoke();
            if (change.Type is { } type && changed.Type != type)
            {
                throw new LightVMException(
                    ErrorCodes.FeatureMissing, $"The daemon of {host.HostName} does not change the type of guest '{guest.Name}' to {type}.", guest.Name,
                    $"Remove the guest (Remove-LightVM {guest.Name}), then reconcile again: it is made anew with that type.");
            }
        }

        await new DeviceChanger(host, guest).ApplyAsync(devices, cancellationToken).ConfigureAwait(false);
        if (publish is not null)
        {
            await host.ChangeGuestAsync(guest.Id, publish, devices.Count == 0 ? revision : null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StopAsync(IReconcileHost host, Guest guest, CancellationToken cancellationToken)
    {
        switch (guest.State)
        {
            case GuestState.Stopped:
                return;
            case GuestState.Crashed:
                // Its domain may be preserved for inspection; the definition of such a guest cannot be changed.
                Check(await ActAsync(host, GuestAction.TurnOff, guest, cancellationToken).ConfigureAwait(false), host, guest);
                return;
            case GuestState.Paused:
                // A guest whose vCPUs are held cannot obey.
                Check(await ActAsync(host, GuestAction.Resume, guest, cancellationToken).ConfigureAwait(false), host, guest);
                break;
        }

        Check(await ActAsync(host, GuestAction.Stop, guest, cancellationToken).ConfigureAwait(false), host, guest);
    }

    private async Task<GuestResult> ActAsync(IReconcileHost host, GuestAction action, Guest guest, CancellationToken cancellationToken)
    {
        IReadOnlyList<GuestResult> results = await host.ActAsync(
            new GuestActionRequest { Action = action, Ids = [guest.Id], TimeoutMs = stopTimeout }, cancellationToken).ConfigureAwait(false);
        return results[0];
    }

    private void Check(GuestResult result, IReconcileHost host, Guest guest)
    {
        if (result.Problem is not { } problem)
        {
            return;
        }

        if (problem.Code == ErrorCodes.StopTimeout)
        {
            string seconds = (stopTimeout / 1000.0).ToString(CultureInfo.InvariantCulture);
            problem = new Problem
            {
                Code = problem.Code,
                Status = problem.Status,
                Title = problem.Title,
                Target = guest.Name,
                Detail = $"Guest '{guest.Name}' on {host.HostName} has not stopped within {seconds} s, so it was not changed.",
                Recommendation = $"Stop it by force (Stop-LightVM {guest.Name} -Force), then reconcile again.",
                Details = problem.Details,
            };
        }

        throw new LightVMException(problem);
    }
}
