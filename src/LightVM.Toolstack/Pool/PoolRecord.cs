namespace LightVM.Toolstack;

/// <summary>What is remembered of the pool: what it is to hold. The shells themselves are not. Immutable.</summary>
public sealed record PoolRecord
{
    public const long DefaultBudget = 64L << 20;

    /// <summary>Bytes that all shells together may take.</summary>
    public long Budget { get; init; } = DefaultBudget;

    public IReadOnlyList<PoolFlavourRecord> Flavours { get; init => field = value ?? []; } = [];
}
