namespace LightVM;

/// <summary>POST /v1/guests/actions: one action on many guests; guests are named by <see cref="Ids"/>, <see cref="Names"/> or both.</summary>
public sealed class GuestActionRequest
{
    public required GuestAction Action { get; init; }

    public IReadOnlyList<Guid>? Ids { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>ms; for Stop and Restart. At most a day.</summary>
    public int TimeoutMs { get; set; } = 30_000;

    /// <summary>Destroys after the time-out; for Stop and Restart.</summary>
    public bool Force { get; init; }
}
