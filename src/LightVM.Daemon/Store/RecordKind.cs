namespace LightVM.Daemon.Store;

/// <summary>First byte of a journal record. Numbers are on disk: never reuse one.</summary>
internal enum RecordKind : byte
{
    /// <summary>16 bytes of id, then the record as JSON.</summary>
    GuestSaved = 1,

    /// <summary>16 bytes of id.</summary>
    GuestDeleted = 2,

    /// <summary>8 bytes of sequence (little endian), then the event as JSON.</summary>
    Event = 3,

    /// <summary>2 bytes of the name's length (little endian), the name, then the fleet as JSON.</summary>
    FleetSaved = 4,

    /// <summary>The name.</summary>
    FleetDeleted = 5,

    /// <summary>A <see cref="RequestRecord"/> as JSON: a request with an Idempotency-Key that is about to be done.</summary>
    RequestBegun = 6,

    /// <summary>A <see cref="LightVM.Toolstack.NetworkRecord"/> as JSON.</summary>
    NetworkSaved = 7,

    /// <summary>The name.</summary>
    NetworkDeleted = 8,

    /// <summary>A <see cref="LightVM.Toolstack.PoolRecord"/> as JSON.</summary>
    PoolSaved = 9,

    /// <summary>A <see cref="FleetRevision"/> as JSON, its spec with it.</summary>
    RevisionSaved = 10,

    /// <summary>8 bytes of the revision's number (little endian), then the fleet's name.</summary>
    RevisionDeleted = 11,

    /// <summary>A <see cref="FleetLease"/> as JSON.</summary>
    LeaseSaved = 12,

    /// <summary>The fleet's name.</summary>
    LeaseDeleted = 13,
}
