namespace LightVM.Toolstack;

/// <summary>Entering a guest's gate, in the ways that keep flows from waiting for each other in a circle.</summary>
internal static class GuestGate
{
    /// <summary>Longer than any action holds it: a start may take its time-out.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits for it. The caller holds no other guest's gate.</summary>
    /// <exception cref="LightVMException">InvalidState: it is busy for long. GuestNotFound: it was removed meanwhile.</exception>
    public static async Task EnterAsync(ManagedGuest guest, string target)
    {
        if (!await guest.Gate.WaitAsync(Patience).ConfigureAwait(false))
        {
            throw Problems.Busy(guest.Name);
        }

        Check(guest, target);
    }

    /// <summary>As <see cref="EnterAsync"/>, for the steps of a move: also where a guest stands between two hosts.</summary>
    public static async Task EnterForMoveAsync(ManagedGuest guest, string target)
    {
        if (!await guest.Gate.WaitAsync(Patience).ConfigureAwait(false))
        {
            throw Problems.Busy(guest.Name);
        }

        CheckRemoved(guest, target);
    }

    /// <summary>Enters it if it is free. May be called with other gates held.</summary>
    public static bool TryEnter(ManagedGuest guest, string target)
    {
        if (!guest.Gate.Wait(0))
        {
            return false;
        }

        Check(guest, target);
        return true;
    }

    /// <summary>Waits until who holds it now has let it go. The caller holds no other guest's gate.</summary>
    public static async Task PassAsync(ManagedGuest guest)
    {
        if (await guest.Gate.WaitAsync(Patience).ConfigureAwait(false))
        {
            guest.Gate.Release();
        }
    }

    private static void Check(ManagedGuest guest, string target)
    {
        CheckRemoved(guest, target);
        if (MoveRules.IsUndecided(guest.Record))
        {
            guest.Gate.Release();
            throw MoveProblems.Undecided(guest.Record);
        }
    }

    private static void CheckRemoved(ManagedGuest guest, string target)
    {
        if (guest.Removed)
        {
            guest.Gate.Release();
            throw Problems.GuestNotFound(target);
        }
    }
}
