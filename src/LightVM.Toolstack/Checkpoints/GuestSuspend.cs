using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Has a guest stand still, with nobody of ours in its memory, and lets it go on where it is: what a save, a clone and a migration
/// begin with. The caller holds the guest's gate.
/// </summary>
internal sealed class GuestSuspend(ToolstackParts parts)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan DetachTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Returns when the guest is suspended and lightvm-io has let it go. What fails before leaves it running.</summary>
    /// <exception cref="LightVMException">SuspendTimeout, InvalidState (it cannot, or has ended), DataPlaneUnavailable.</exception>
    public async Task SuspendAsync(ManagedGuest guest, Life life, int timeoutMs, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        lock (guest.Sync)
        {
            life.SuspendAsked = true; // from here on: an ask that got no answer may have arrived
        }

        await AskAsync(guest, life, timeoutMs, begin, cancellationToken).ConfigureAwait(false);
        TimeSpan left = TimeSpan.FromMilliseconds(timeoutMs) - Stopwatch.GetElapsedTime(begin);
        try
        {
            await Task.Run(
                () =>
                {
                    using XenPool.Lease lease = parts.LongXen.Rent();
                    lease.Host.AwaitSuspend(life.Domain, left);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ETIMEDOUT)
        {
            throw CheckpointProblems.SuspendTimeout(guest.Name, timeoutMs);
        }
        catch (XenException e) when (e.ErrorNumber == Errno.ESRCH)
        {
            throw Ended(guest);
        }

        try
        {
            await DetachAsync(guest, life).ConfigureAwait(false);
        }
        catch
        {
            await ResumeAsync(guest, life).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Lets a suspended guest go on where it is, and has it attached again.</summary>
    /// <exception cref="LightVMException">XenError: it cannot go on, and is dead.</exception>
    public Task ResumeAsync(ManagedGuest guest, Life life) => Task.Run(() =>
    {
        using XenPool.Lease lease = parts.LongXen.Rent();
        try
        {
            lease.Host.Resume(life.Domain);
        }
        catch (XenException e)
        {
            throw Problems.FromXen(e, guest.Name);
        }

        parts.Plane.AttachOnceMore(guest, life);
    });

    /// <summary>Whether it is suspended at this moment.</summary>
    public bool IsSuspended(Life life) => Look(life) == 0;

    /// <summary>0: it is suspended; ETIMEDOUT: it is not; ESRCH: it is gone, or has ended for another cause.</summary>
    private int Look(Life life)
    {
        using XenPool.Lease lease = parts.LongXen.Rent();
        try
        {
            lease.Host.AwaitSuspend(life.Domain, TimeSpan.Zero);
            return 0;
        }
        catch (XenException e) when (e.ErrorNumber is Errno.ETIMEDOUT or Errno.ESRCH)
        {
            return e.ErrorNumber;
        }
    }

    private static LightVMException Ended(ManagedGuest guest) => Problems.InvalidState(
        guest.Name, $"Guest '{guest.Name}' ended before it was suspended.", "See its console with Receive-LightVMConsole.");

    private async Task AskAsync(ManagedGuest guest, Life life, int timeoutMs, long begin, CancellationToken cancellationToken)
    {
        while (true)
        {
            await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
            IoResult result = await parts.Plane.ShutdownAsync(guest, life, ShutdownReason.Suspend).ConfigureAwait(false);
            if (result.Succeeded)
            {
                return;
            }

            if (result is { Answered: true, ErrorNumber: Errno.EOPNOTSUPP })
            {
                throw CheckpointProblems.CannotSuspend(guest.Name);
            }

            // lightvm-io lets go of a guest that has ended, and has nobody to ask then.
            if (Look(life) == Errno.ESRCH)
            {
                throw Ended(guest);
            }

            if (Stopwatch.GetElapsedTime(begin).TotalMilliseconds >= timeoutMs)
            {
                throw Problems.DataPlaneUnavailable(guest.Name, result.Answered ? $"errno {result.ErrorNumber} at '{result.Step}'" : null);
            }

            await Task.Delay(RetryInterval, cancellationToken).ConfigureAwait(false); // lightvm-io is told of it right now
        }
    }

    private async Task DetachAsync(ManagedGuest guest, Life life)
    {
        try
        {
            IoResult result = await parts.Plane.BeginDetach(guest, life).WaitAsync(DetachTimeout).ConfigureAwait(false);
            if (result is { Answered: true, Succeeded: false } && result.ErrorNumber != Errno.ENOENT)
            {
                throw Problems.DataPlaneUnavailable(guest.Name, $"errno {result.ErrorNumber} at '{result.Step}'");
            }
        }
        catch (TimeoutException)
        {
            throw Problems.DataPlaneUnavailable(guest.Name, "it does not let the guest go"); // and may write to its memory
        }
    }
}
