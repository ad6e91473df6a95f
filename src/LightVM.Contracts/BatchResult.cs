namespace LightVM;

/// <summary>The answer to a batch: one result for each guest asked for, in that order.</summary>
public sealed class BatchResult
{
    public required IReadOnlyList<GuestResult> Results { get; init; }
}
