namespace LightVM;

/// <summary>The shell pool of a host: guests that are built ahead, so that a start only takes one.</summary>
public sealed class Pool
{
    /// <summary>Bytes that all shells together may take of the host's memory.</summary>
    public long Budget { get; init; }

    /// <summary>Bytes that they take now.</summary>
    public long Memory { get; init; }

    /// <summary>How many there are now, of all flavours.</summary>
    public int ShellCount { get; init; }

    public IReadOnlyList<PoolFlavour> Flavours { get; set; } = [];
}
