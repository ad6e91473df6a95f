using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>
/// Changes to a guest's definition; null leaves a property as it is. Labels, restart policy, onCrash and affinity
/// apply at once; image, memory, vCPUs, cpupool and command line need the guest Stopped (InvalidState otherwise).
/// </summary>
public sealed class GuestChange
{
    /// <summary>The whole new set.</summary>
    public Dictionary<string, string>? Labels { get; init; }

    public RestartPolicy? RestartPolicy { get; init; }

    public CrashAction? OnCrash { get; init; }

    /// <summary>An empty string removes it.</summary>
    public string? Affinity { get; init; }

    public string? Image { get; init; }

    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    [JsonPropertyName("vcpuCount")]
    public int? VCpuCount { get; init; }

    public int? CpuPool { get; init; }

    public string? CommandLine { get; init; }

    /// <summary>The whole new set; applies at once.</summary>
    public IReadOnlyList<PublishedPort>? Publish { get; init; }

    /// <summary>The whole new list; needs the guest Stopped.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>The whole new set; needs the guest Stopped.</summary>
    public Dictionary<string, string>? Environment { get; init; }

    /// <summary>The whole new set; needs the guest Stopped.</summary>
    public IReadOnlyList<GuestFile>? Files { get; init; }

    /// <summary>Needs the guest Stopped.</summary>
    public GuestType? Type { get; init; }

    /// <summary>The whole new set; one without probes removes them. Applies at once: all are asked anew.</summary>
    public GuestProbes? Probes { get; init; }

    /// <summary>Applies at once.</summary>
    public int? DrainSeconds { get; init; }

    /// <summary>Applies at once.</summary>
    public DeletionPolicy? DeletionPolicy { get; init; }

    /// <summary>Its definition as it was before this change is remembered, for <see cref="Revert"/>.</summary>
    public bool? KeepPrevious { get; init; }

    /// <summary>Goes back to the definition that was remembered (adapters and disks stay), and forgets it. Nothing else can be said with it.</summary>
    public bool? Revert { get; init; }

    /// <summary>An empty string gives it up.</summary>
    public string? Fleet { get; init; }
}
