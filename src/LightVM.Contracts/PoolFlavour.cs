namespace LightVM;

/// <summary>Shells of one kind, kept ready on a host. What <c>Get-LightVMPool</c> writes. Counts are since lightvmd started.</summary>
public sealed class PoolFlavour
{
    /// <summary>Name of the image that they are built from; what it points to now.</summary>
    public required string Image { get; init; }

    /// <summary>Name of the checkpoint that they are restored from, for clones of it; null: they are built from the image.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Bytes, of one.</summary>
    public long Memory { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("vcpuCount")]
    public int VCpuCount { get; set; } = 1;

    /// <summary>Adapters and disks that a guest made of one has at its start, together.</summary>
    public int Devices { get; init; }

    /// <summary>How many are to be ready.</summary>
    public int Wanted { get; init; }

    /// <summary>How many are.</summary>
    public int Ready { get; init; }

    /// <summary>Guests that were made of one.</summary>
    public long Hits { get; init; }

    /// <summary>Guests that could have been, and found none.</summary>
    public long Misses { get; init; }

    /// <summary>Shells that were made.</summary>
    public long Refills { get; init; }

    /// <summary>Shells that could not be made, or did not last.</summary>
    public long Failures { get; init; }

    /// <summary>Shells that were destroyed unused: their image or what is wanted changed, or their memory was needed.</summary>
    public long Drops { get; init; }

    /// <summary>Why there are fewer than wanted, or null.</summary>
    public string? LastError { get; init; }

    /// <summary>The fleet that owns it, or null.</summary>
    public string? Fleet { get; init; }

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Checkpoint ?? Image;
}
