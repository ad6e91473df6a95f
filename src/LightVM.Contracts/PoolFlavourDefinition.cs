namespace LightVM;

/// <summary>How many shells of which kind are to be ready: PUT /v1/pool/flavours/{image}.</summary>
public sealed class PoolFlavourDefinition
{
    /// <summary>Bytes, of one; 0: the image's minimum.</summary>
    public long Memory { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("vcpuCount")]
    public int VCpuCount { get; set; } = 1;

    /// <summary>Adapters and disks that its guests have at their start, together. Null: those that the image brings along.</summary>
    public int? Devices { get; init; }

    /// <summary>How many are to be ready; 0: none are kept any more.</summary>
    public required int Count { get; init; }

    /// <summary>The fleet that is to own it, or null.</summary>
    public string? Fleet { get; init; }
}
