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

    /// <summary>Null: one on <c>default</c> if the image declares a network, otherwise none. Empty: none.</summary>
    public IReadOnlyList<AdapterDefinition>? Adapters { get; init; }

    public IReadOnlyList<DiskDefinition>? Disks { get; init; }

    /// <summary>Ports of the host that lead to the guest's first adapter.</summary>
    public IReadOnlyList<PublishedPort>? Publish { get; init; }

    /// <summary>Appended to the command line, quoted where that is needed; a stock Linux hands them to its init, after <c>--</c>.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>Variables that the guest's application finds.</summary>
    public Dictionary<string, string>? Environment { get; init; }

    public IReadOnlyList<GuestFile>? Files { get; init; }

    /// <summary>Null: <see cref="GuestType.Pv"/> if the kernel can, else <see cref="GuestType.Pvh"/>.</summary>
    public GuestType? Type { get; init; }

    public GuestProbes? Probes { get; init; }

    /// <summary>How long a stop waits for the connections that shared ports have led to it, at most; null: not at all.</summary>
    public int? DrainSeconds { get; init; }

    /// <summary>For a guest of a fleet; null: <see cref="LightVM.DeletionPolicy.Delete"/>.</summary>
    public DeletionPolicy? DeletionPolicy { get; init; }

    /// <summary>The fleet that is to own it, or null.</summary>
    public string? Fleet { get; init; }

    /// <summary>The Xen domain handle to use; null: a new one. A value that is in use is refused (GuestExists).</summary>
    public Guid? Id { get; init; }
}
