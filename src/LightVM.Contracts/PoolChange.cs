namespace LightVM;

/// <summary>A change of the pool: PATCH /v1/pool. What is null stays.</summary>
public sealed class PoolChange
{
    /// <summary>Bytes that all shells together may take.</summary>
    public long? Budget { get; init; }
}
