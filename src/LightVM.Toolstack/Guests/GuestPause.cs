using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Holds guests and lets them go on.</summary>
internal sealed class GuestPause(ToolstackParts parts)
{
    /// <summary>Gates are held; each is released here.</summary>
    public Task RunHeldAsync(List<ActionTarget> held, bool pause, string actor, Counter counter)
    {
        try
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            foreach (ActionTarget target in held)
            {
                try
                {
                    target.Changed = Run(target.Guest!, lease.Host, pause);
                }
                catch (Exception e) when (e is LightVMException or XenException)
                {
                    target.Problem = Problems.From(e, target.Target);
                }

                counter.Add();
            }

            parts.Records.Save([.. held.Where(target => target.Changed).Select(target => target.Guest!)]);
            foreach (ActionTarget target in held.Where(target => target.Changed))
            {
                parts.Event(
                    pause ? EventKinds.GuestPaused : EventKinds.GuestResumed, target.Guest!, pause ? "It was paused." : "It goes on.", actor);
            }
        }
        finally
        {
            held.ForEach(target => target.Guest!.Gate.Release());
        }

        return Task.CompletedTask;
    }

    private bool Run(ManagedGuest guest, XenHost xen, bool pause)
    {
        GuestState wanted = pause ? GuestState.Paused : GuestState.Running;
        GuestState needed = pause ? GuestState.Running : GuestState.Paused;
        GuestState state = guest.Record.State;
        if (state == wanted)
        {
            return false;
        }

        if (state != needed || guest.Life is not { } life)
        {
            throw Problems.InvalidState(
                guest.Name,
                $"Guest '{guest.Name}' is {state} and cannot be {(pause ? "paused" : "resumed")}.",
                pause ? "Start it first." : "Only a paused guest can be resumed.");
        }

        if (!pause)
        {
            xen.Unpause(life.Domain);
            guest.Update(record => record with { State = wanted });
            parts.Health.Drain(guest, on: false);
            return true;
        }

        // Before it is held, not when its probes notice: a connection that is led to it meanwhile would wait for its time-out.
        parts.Health.Drain(guest, on: true);
        try
        {
            xen.Pause(life.Domain);
        }
        catch
        {
            parts.Health.Drain(guest, on: false);
            throw;
        }

        guest.Update(record => record with { State = wanted });
        return true;
    }
}
