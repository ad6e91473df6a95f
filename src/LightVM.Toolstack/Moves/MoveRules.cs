namespace LightVM.Toolstack;

/// <summary>
/// The table of docs/migration.md: which step of a move may follow which, on either host, and what a starting daemon does with a move that
/// was under way. Pure.
/// </summary>
internal static class MoveRules
{
    /// <summary>Bytes of memory, from which on a guest is copied while it runs: below, to suspend it and copy all once is faster.</summary>
    private const long LiveFrom = 32L << 20;

    /// <summary>
    /// Whether it is copied while it runs. Xen logs what a PV guest writes by shadowing its page tables; Debian's is built without that
    /// (it answers EOPNOTSUPP), so a PV guest stands still meanwhile.
    /// </summary>
    public static bool IsLive(GuestRecord record) => record.Type == GuestType.Pvh && record.Memory >= LiveFrom;

    /// <summary>Whether nobody may act on the guest but by its move: no copy of it, or one too many, would run.</summary>
    public static bool IsUndecided(GuestRecord record) => record.State is GuestState.Incoming or GuestState.InDoubt;

    /// <summary>The source: whether its memory may be on its way, and it goes on here unless it was given up.</summary>
    public static bool IsSending(GuestRecord record) => record.Move is { Phase: MovePhase.Sending };

    /// <summary>The source gives the guest up, again if the answer was lost.</summary>
    public static bool IsGivenUp(GuestRecord record, Guid move) => record.Move is { Phase: MovePhase.GivenUp } known && known.Id == move;

    /// <summary>The destination: whether it runs here, and the source may not know.</summary>
    public static bool HasStarted(GuestRecord record, Guid move) => record.Move is { Phase: MovePhase.Starting or MovePhase.Started } known && known.Id == move;

    public static bool IsReceived(GuestRecord record, Guid move) => record.Move is { Phase: MovePhase.Received } known && known.Id == move;

    /// <summary>Whether a received guest may be started.</summary>
    /// <param name="force">An administrator decides.</param>
    public static bool MayStart(MoveRecord move, string? token, bool force) => move.Phase == MovePhase.Received && (force || MoveProof.Fits(token, move.Secret));

    /// <summary>What a starting daemon does with a guest whose move stands between two hosts; null: what it does with any guest.</summary>
    /// <param name="record">A confirmed one.</param>
    /// <param name="domain">Its domain, or null.</param>
    /// <param name="sameBoot">Whether the host has not booted since that was made.</param>
    public static AdoptionDecision? Decide(GuestRecord record, FoundDomain? domain, bool sameBoot)
    {
        bool there = sameBoot && domain is { } found && record.DomainId == (int)found.DomainId;
        return record.State switch
        {
            GuestState.Incoming => there ? AdoptionDecision.Hold : AdoptionDecision.Forget, // its memory is gone: the source has it still
            GuestState.InDoubt => there ? AdoptionDecision.Hold : AdoptionDecision.Rest,
            _ => there && IsSending(record) && domain is { IsDown: true, Reason: Native.ShutdownReason.Suspend } ? AdoptionDecision.GoOn : null,
        };
    }
}
