using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>A guest as its host sees it. What <c>Get-LightVM</c> writes.</summary>
public sealed class Guest
{
    /// <summary>Unique on its host; an RFC 1123 label in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>Its identity for as long as it is defined; also its Xen domain handle.</summary>
    public required Guid Id { get; init; }

    public GuestState State { get; init; }

    /// <summary>Name of the image it was made from.</summary>
    public required string Image { get; init; }

    /// <summary>Digest of that image when the guest was created: <c>sha256:…</c>.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>Bytes.</summary>
    public long Memory { get; init; }

    [JsonPropertyName("vcpuCount")]
    public int VCpuCount { get; set; } = 1;

    /// <summary>IPv4 address of its first adapter, or null.</summary>
    public string? Address { get; init; }

    public Dictionary<string, string> Labels { get; set; } = [];

    public RestartPolicy RestartPolicy { get; init; }

    public CrashAction OnCrash { get; init; }

    /// <summary>Physical CPUs it may run on, as given (<c>0-1,3</c>), or null for any.</summary>
    public string? Affinity { get; init; }

    /// <summary>Xen cpupool, 0 is the default one.</summary>
    public int CpuPool { get; init; }

    public string CommandLine { get; set; } = "";

    public IReadOnlyList<Adapter> Adapters { get; set; } = [];

    public IReadOnlyList<Disk> Disks { get; set; } = [];

    /// <summary>How many devices it has room for while it runs, beside those it has; null: it does not run, or room is made as it needs it.</summary>
    public int? FreeDeviceSlots { get; init; }

    public IReadOnlyList<PublishedPort> Publish { get; set; } = [];

    public IReadOnlyList<string> Arguments { get; set; } = [];

    public Dictionary<string, string> Environment { get; set; } = [];

    /// <summary>Paths of the files that it was given; their bytes are not shown.</summary>
    public IReadOnlyList<string> Files { get; set; } = [];

    /// <summary><see cref="GuestFile.DigestOf"/> all of its files; null: it has none.</summary>
    public string? FilesDigest { get; init; }

    public GuestType Type { get; init; }

    /// <summary>How its host sees what state its application is in, or null.</summary>
    public GuestProbes? Probes { get; init; }

    /// <summary>Whether it runs, and its start and ready probes pass if it has some.</summary>
    public bool IsReady { get; init; }

    /// <summary>What a probe has met last, while it is not ready because of it; or null.</summary>
    public string? ProbeMessage { get; init; }

    /// <summary>How long a stop waits for the connections that shared ports have led to it, at most.</summary>
    public int DrainSeconds { get; init; }

    /// <summary>What becomes of it when its fleet's spec no longer names it.</summary>
    public DeletionPolicy DeletionPolicy { get; init; }

    /// <summary>Time since its present domain was started; zero when there is none. On the wire: <c>uptimeMs</c>.</summary>
    [JsonPropertyName("uptimeMs"), JsonConverter(typeof(MillisecondsConverter))]
    public TimeSpan Uptime { get; init; }

    /// <summary>When it was defined.</summary>
    public DateTimeOffset CreationTime { get; init; }

    /// <summary>From the decoded request to the guest's first event, of its last start; null before that. On the wire: <c>startupMs</c>.</summary>
    [JsonPropertyName("startupMs"), JsonConverter(typeof(NullableMillisecondsConverter))]
    public TimeSpan? StartupTime { get; init; }

    /// <summary>Starts by its restart policy since it was last started by request.</summary>
    public int RestartCount { get; init; }

    /// <summary>Xen's number of its present domain, or null.</summary>
    public int? DomainId { get; init; }

    /// <summary>How its last life ended: poweroff, reboot, crash, destroyed, hostReboot; null before.</summary>
    public string? EndReason { get; init; }

    /// <summary>Name of the checkpoint that its memory lies in while it is Saved, or null.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>A move between hosts that is under way or not settled yet, or null.</summary>
    public Move? Move { get; init; }

    /// <summary>The fleet that owns it by recorded inventory, or null.</summary>
    public string? Fleet { get; init; }

    /// <summary>Raised with every change of its definition; for <c>If-Match</c>.</summary>
    public long Revision { get; init; }

    /// <summary>The host it lives on, as this session names it. Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Name;
}
