namespace LightVM.Toolstack;

/// <summary>Where the pool's configuration is remembered across the daemon's lives. May be called on any thread.</summary>
public interface IPoolStore
{
    /// <summary>What was saved last, or the default. Called once, at start.</summary>
    PoolRecord LoadPool();

    /// <summary>Returns when it would outlive kill -9 of this process.</summary>
    void SavePool(PoolRecord record);
}
