namespace LightVM;

/// <summary>What a daemon remembers of a fleet: the part of it that lives on this host.</summary>
public sealed class Fleet
{
    public required string Name { get; init; }

    /// <summary>Rises by one with each applied change. Set by the daemon.</summary>
    public long Revision { get; init; }

    /// <summary>Digest of the applied spec.</summary>
    public string SpecDigest { get; set; } = "";

    /// <summary>Where the spec came from, for people.</summary>
    public string SpecPath { get; set; } = "";

    /// <summary>Ids of the guests it owns on this host: its inventory. Nothing else is ever pruned.</summary>
    public IReadOnlyList<Guid> Guests { get; set; } = [];

    /// <summary>All hosts that it lives on, this one too; empty: its spec names no hosts.</summary>
    public IReadOnlyList<FleetHost> Hosts { get; set; } = [];

    public DateTimeOffset ApplyTime { get; init; }

    public string Actor { get; set; } = "";

    /// <summary>In a PUT: the run that is recorded, which becomes a revision of the history. Absent in answers.</summary>
    public FleetRevision? Run { get; init; }
}
