namespace LightVM;

/// <summary>A move of a guest between two hosts, as one of them sees it.</summary>
public sealed class Move
{
    /// <summary>The same on both hosts; each try has one of its own.</summary>
    public required Guid Id { get; init; }

    public MoveRole Role { get; init; }

    public MovePhase Phase { get; init; }

    /// <summary>The other host, as the mover called it.</summary>
    public string Peer { get; set; } = "";

    /// <summary>When it began here.</summary>
    public DateTimeOffset StartTime { get; init; }

    public override string ToString() => $"{Phase} ({(Role == MoveRole.Source ? "to" : "from")} {Peer})";
}
