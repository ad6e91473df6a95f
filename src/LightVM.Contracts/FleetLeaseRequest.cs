namespace LightVM;

/// <summary>Takes a fleet's lease, or renews the one of that id.</summary>
public sealed class FleetLeaseRequest
{
    public const int MaxHolder = 200;
    public const int MinDuration = 1_000;
    public const int MaxDuration = 600_000;

    /// <summary>Chosen by whoever asks, a new one for each run.</summary>
    public required Guid Id { get; init; }

    /// <summary>The process that asks, for people: at most 200 characters in one line.</summary>
    public string Holder { get; set; } = "";

    /// <summary>Milliseconds, 1,000 to 600,000, after which it ends unless it is renewed.</summary>
    public int DurationMs { get; set; } = 30_000;
}
