namespace LightVM.Toolstack;

/// <summary>Records of guests that no answer has confirmed yet, where some are made of shells, which have such records too.</summary>
internal sealed class NewGuests(ToolstackParts parts)
{
    /// <summary>What a crash leaves of these is undone. A shell's own intent does for the guest that it becomes, and so does a prepared id's.</summary>
    public void Save(List<ManagedGuest> made)
    {
        List<ManagedGuest> guests = made.FindAll(guest =>
            (guest.Shell?.Id != guest.Id && guest.PreparedLog is null) || guest.Record.DiskIntents.Count > 0);
        if (guests.Count > 0)
        {
            parts.Records.Save(guests);
        }
    }

    /// <summary>
    /// Forgets intents. Where a shell that still lives has the same id, its own intent takes that place again: a domain is in the
    /// store for as long as it is there.
    /// </summary>
    public void Delete(List<ManagedGuest> guests)
    {
        foreach (ManagedGuest guest in guests.Where(IsShells))
        {
            guest.Removed = true;
            parts.Records.Save(guest.Shell!.Holder);
        }

        parts.Records.Delete([.. guests.Where(guest => !IsShells(guest))]);

        static bool IsShells(ManagedGuest guest) => guest.Shell?.Id == guest.Id;
    }

    /// <summary>A shell that the guest did not use, and whose id and log are in doubt.</summary>
    public void Discard(ManagedGuest guest)
    {
        if (guest.Shell is { } shell)
        {
            guest.Shell = null;
            parts.Shells.Discard(shell);
        }
    }
}
