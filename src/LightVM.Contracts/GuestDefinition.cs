using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a guest is to be: one entry of a create request.</summary>
public sealed class GuestDefinition
{
    public required string Name { get; init; }

    public required string Image { get; init; }

    /// <summary>Bytes, a multiple of 4,096. 0: the image's minimum.</summary>
    public long Memory { get; init; }

    [JsonPropertyName("vcpuCount")]
    public int VCpuCount { get; set; } = 1;

    public Dictionary<string, string>? Labels { get; init; }

    public RestartPolicy RestartPolicy { get; init; }

    public CrashAction OnCrash { get; init; }

    /// <summary><c>0-1,3</c>; null: any CPU.</summary>
    public string? Affinity { get; init; }

    public int CpuPool { get; init; }

    /// <summary>Null: the image's own.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The fleet that is to own it, or null.</summary>
    public string? Fleet { get; init; }

    /// <summary>The Xen domain handle to use; null: a new one. A value that is in use is refused (GuestExists).</summary>
    public Guid? Id { get; init; }
}
