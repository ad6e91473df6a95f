using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>The table by which a starting daemon decides. Pure.</summary>
internal static class AdoptionRules
{
    /// <param name="record">What the store has.</param>
    /// <param name="domain">The domain of its uuid that Xen has, dying ones aside; null: none.</param>
    /// <param name="sameBoot">Whether the host has not booted since the record's last domain was made.</param>
    public static AdoptionDecision Decide(GuestRecord record, FoundDomain? domain, bool sameBoot)
    {
        if (!record.Confirmed)
        {
            return AdoptionDecision.Forget;
        }

        if (MoveRules.Decide(record, domain, sameBoot) is { } decision)
        {
            return decision;
        }

        if (record.DomainId is { } id)
        {
            if (!sameBoot)
            {
                return AdoptionDecision.HostReboot;
            }

            if (domain is { } found && found.DomainId == (uint)id)
            {
                if (found.IsDown && found.Reason == ShutdownReason.Suspend && record.Saving is not null)
                {
                    return AdoptionDecision.GoOn;
                }

                return found.IsDown && record.State != GuestState.Crashed ? AdoptionDecision.End : AdoptionDecision.Keep;
            }

            return record.State == GuestState.Crashed ? AdoptionDecision.Rest : AdoptionDecision.Gone;
        }

        if (!record.DesiredRunning)
        {
            return AdoptionDecision.Rest;
        }

        return sameBoot && record.EndReason != EndReasons.HostReboot ? AdoptionDecision.ResumeRestart : AdoptionDecision.HostReboot;
    }

    /// <summary>Whether a domain of the record's uuid is none of its confirmed life, and is to be destroyed.</summary>
    public static bool IsStray(GuestRecord record, FoundDomain domain) =>
        !record.Confirmed || record.DomainId != (int)domain.DomainId;
}
