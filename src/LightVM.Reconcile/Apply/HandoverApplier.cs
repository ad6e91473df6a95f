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
        foreach (GuestHandover part in handover.Parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await GiveUpAsync(host, part, cancellationToken).ConfigureAwait(false);
        }

        await SeeAsync(host, handover, cancellationToken).ConfigureAwait(false);
        await new NetworkPruner(hosts, run).ApplyAsync(step => Here(step) && handover.GoesFirst(step), cancellationToken).ConfigureAwait(false);
        foreach (PlannedStep step in steps.Where(step => step.Step.Action == PlanAction.Replace && handover.GoesFirst(step)))
        {
            await RemoveAsync(host, step, cancellationToken).ConfigureAwait(false);
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

    /// <summary>A network that is to be made anew, and on which nothing is: its own turn makes it.</summary>
    private async Task RemoveAsync(IReconcileHost host, PlannedStep step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (run.BlockIfUnreachable(step))
        {
            return;
        }

        var clock = Stopwatch.StartNew();
        try
        {
            await host.RemoveNetworkAsync(step.Step.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.NetworkNotFound)
        {
            // It is gone, as wanted.
        }
        catch (LightVMException e)
        {
            run.Fail(step, e.Problem, clock);
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
