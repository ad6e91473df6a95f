using System.Diagnostics;

namespace LightVM.Reconcile;

/// <summary>Has guests and networks give up what others get by the same run: see <see cref="Handover"/>.</summary>
internal sealed class HandoverApplier(HostSet hosts, RunState run)
{
    public Task ApplyAsync(CancellationToken cancellationToken) => hosts.ForEachAsync(
        [
            .. run.OpenGuests,
            .. run.Open(ResourceKind.Guest, PlanAction.Delete),
            .. run.Open(ResourceKind.Network, PlanAction.Create, PlanAction.Replace, PlanAction.Delete),
        ],
        ApplyAsync,
        cancellationToken);

    private async Task ApplyAsync(IReconcileHost host, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken)
    {
        var handover = new Handover(steps);
        await new GuestPruner(hosts, run).ApplyAsync(step => Here(step) && handover.GoesFirst(step), cancellationToken).ConfigureAwait(false);
        await Parallel.ForEachAsync(
            handover.Parts,
            new ParallelOptions { MaxDegreeOfParallelism = run.Plan.Options.Throttle, CancellationToken = cancellationToken },
            async (part, token) => await GiveUpAsync(host, part, token).ConfigureAwait(false)).ConfigureAwait(false);
        await SeeAsync(host, handover, cancellationToken).ConfigureAwait(false);
        var networks = new NetworkPruner(hosts, run);
        await networks.ApplyAsync(step => Here(step) && handover.GoesFirst(step), cancellationToken).ConfigureAwait(false);

        // One that is to be made anew goes now, and its own turn makes it.
        foreach (PlannedStep step in steps.Where(step => step.Step.Action == PlanAction.Replace && handover.GoesFirst(step)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!run.BlockIfUnreachable(step))
            {
                await networks.RemoveAsync(host, step, Stopwatch.StartNew(), cancellationToken).ConfigureAwait(false);
            }
        }

        bool Here(PlannedStep step) => step.Step.HostName == host.HostName;
    }

    private async Task GiveUpAsync(IReconcileHost host, GuestHandover part, CancellationToken cancellationToken)
    {
        if (run.BlockIfUnreachable(part.Step))
        {
            return;
        }

        Guest guest = part.Step.Guest!;
        run.Tell(ReconcilePhase.Apply, $"Guest {guest.Name} gives up what others get");
        var clock = Stopwatch.StartNew();
        try
        {
            if (part.Publish.Count < guest.Publish.Count)
            {
                await host.ChangeGuestAsync(guest.Id, new GuestChange { Publish = part.Publish }, guest.Revision, cancellationToken).ConfigureAwait(false);
            }

            await new DeviceChanger(host, guest).RemoveAsync(part.Disks, part.Adapters, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            run.Fail(part.Step, e.Problem, clock);
        }
    }

    /// <summary>What they are now is what their own turn goes by.</summary>
    private async Task SeeAsync(IReconcileHost host, Handover handover, CancellationToken cancellationToken)
    {
        if (handover.Parts.Count == 0 || run.IsLost(host.HostName))
        {
            return;
        }

        try
        {
            ObservedHost now = await host.ObserveAsync(run.Plan.Spec.Name, cancellationToken).ConfigureAwait(false);
            foreach (GuestHandover part in handover.Parts)
            {
                if (now.Guests.TryGetValue(part.Step.Step.Name, out Guest? guest) && guest.Id == part.Step.Guest!.Id)
                {
                    run.See(part.Step, guest);
                }
            }
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied)
        {
            run.Lose(host.HostName, e.Problem);
        }
    }
}
