namespace LightVM.Toolstack;

/// <summary>What is remembered of a guest's move to or from another host. Immutable.</summary>
public sealed record MoveRecord
{
    public required Guid Id { get; init; }

    public MoveRole Role { get; init; }

    public MovePhase Phase { get; init; }

    /// <summary>The other host, as the mover called it.</summary>
    public required string Peer { get; init; }

    public DateTimeOffset StartTime { get; init; }

    /// <summary>Source: what it hands out when it gives the guest up. Destination: its SHA-256. See <see cref="MoveProof"/>.</summary>
    public required string Secret { get; init; }

    public Move ToMove() => new() { Id = Id, Role = Role, Phase = Phase, Peer = Peer, StartTime = StartTime };
}
