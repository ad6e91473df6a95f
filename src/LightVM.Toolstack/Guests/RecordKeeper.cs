namespace LightVM.Toolstack;

/// <summary>
/// Saves guests. It always takes their newest record, one call after the other, so that an older one never lands on a newer;
/// one that is removed is saved no more.
/// </summary>
internal sealed class RecordKeeper(IGuestStore store)
{
    private readonly Lock _sync = new();

    public void Save(ManagedGuest guest)
    {
        lock (_sync)
        {
            if (!guest.Removed)
            {
                store.Save([guest.Record]);
            }
        }
    }

    /// <summary>A record made ready to be saved. It must be the newest one still when that is done.</summary>
    public ReadOnlyMemory<byte> Encode(GuestRecord record) => store.Encode(record);

    public void SaveEncoded(ManagedGuest guest, ReadOnlyMemory<byte> encoded)
    {
        lock (_sync)
        {
            if (!guest.Removed)
            {
                store.SaveEncoded(encoded);
            }
        }
    }

    public void Save(IReadOnlyList<ManagedGuest> guests)
    {
        lock (_sync)
        {
            var records = new List<GuestRecord>(guests.Count);
            foreach (ManagedGuest guest in guests)
            {
                if (!guest.Removed)
                {
                    records.Add(guest.Record);
                }
            }

            if (records.Count > 0)
            {
                store.Save(records);
            }
        }
    }

    public void Delete(IReadOnlyList<ManagedGuest> guests)
    {
        if (guests.Count == 0)
        {
            return;
        }

        lock (_sync)
        {
            foreach (ManagedGuest guest in guests)
            {
                guest.Removed = true;
            }

            store.Delete([.. guests.Select(guest => guest.Id)]);
        }
    }
}
