namespace LightVM.Toolstack;

/// <summary>Where guests are remembered across the daemon's lives. May be called on any thread.</summary>
public interface IGuestStore
{
    /// <summary>Everything saved and not deleted, intents (not <see cref="GuestRecord.Confirmed"/>) included. Called once, at start.</summary>
    IReadOnlyList<GuestRecord> Load();

    /// <summary>
    /// Saves whole records, each over the one of the same id. Returns when they would outlive kill -9 of this process:
    /// this lies between a request and its answer, so tens of microseconds. Calls come one at a time, in order.
    /// </summary>
    void Save(IReadOnlyList<GuestRecord> records);

    /// <summary>What <see cref="Save"/> would write of a record: the costly half of it, done while there is time.</summary>
    ReadOnlyMemory<byte> Encode(GuestRecord record);

    /// <summary>Saves what was encoded, as durably; calls come in order with those of <see cref="Save"/>.</summary>
    void SaveEncoded(ReadOnlyMemory<byte> encoded);

    /// <summary>Forgets records, as durably as <see cref="Save"/>; an id that is not there is no error.</summary>
    void Delete(IReadOnlyList<Guid> ids);
}
