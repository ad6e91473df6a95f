namespace LightVM.Toolstack;

/// <summary>The shells of one flavour. Guarded by the pool's lock.</summary>
internal sealed class ShellStock(PoolFlavourRecord flavour)
{
    public PoolFlavourRecord Flavour { get; set; } = flavour;

    /// <summary>What is built for it now; null: its image is not on this host.</summary>
    public ShellKind? Kind { get; set; }

    /// <summary>The one made last is taken first.</summary>
    public Stack<Shell> Ready { get; } = new();

    public BackOff BackOff { get; } = new();

    public long Hits { get; set; }

    public long Misses { get; set; }

    public long Refills { get; set; }

    public long Failures { get; set; }

    public long Drops { get; set; }

    public string? LastError { get; set; }

    /// <summary>Since the pool's clock: when a guest last found none here.</summary>
    public TimeSpan? EmptySince { get; set; }
}
