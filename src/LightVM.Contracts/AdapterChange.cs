namespace LightVM;

/// <summary>Changes to an adapter; null leaves a property as it is. Applies at once.</summary>
public sealed class AdapterChange
{
    /// <summary>Bytes per second, each way; 0: no limit.</summary>
    public long? RateLimit { get; init; }
}
