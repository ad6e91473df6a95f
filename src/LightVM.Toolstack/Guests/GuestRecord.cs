using System.Text.Json.Serialization;

namespace LightVM.Toolstack;

/// <summary>All that is remembered of a guest: what it is to be, and the life that it leads. Immutable.</summary>
public sealed record GuestRecord
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required string Image { get; init; }

    /// <summary>Digest of the image's manifest when the guest was defined; later starts use that very image.</summary>
    public required string ImageDigest { get; init; }

    /// <summary>Bytes.</summary>
    public long Memory { get; init; }

    [JsonPropertyName("vcpuCount")]
    public int VCpuCount { get; init; } = 1;

    /// <summary>Never changed in place.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    public RestartPolicy RestartPolicy { get; init; }

    public CrashAction OnCrash { get; init; }

    public string? Affinity { get; init; }

    public int CpuPool { get; init; }

    public string CommandLine { get; init; } = "";

    public GuestType Type { get; init; }

    // Records of an earlier lightvmd lack what follows, and reading them sets what is absent to null.
    public IReadOnlyList<AdapterRecord> Adapters { get; init => field = value ?? []; } = [];

    public IReadOnlyList<DiskRecord> Disks { get; init => field = value ?? []; } = [];

    /// <summary>Files that are being made for disks which no answer has confirmed.</summary>
    public IReadOnlyList<DiskIntent> DiskIntents { get; init => field = value ?? []; } = [];

    public IReadOnlyList<PublishedPort> Publish { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Arguments { get; init => field = value ?? []; } = [];

    /// <summary>Never changed in place.</summary>
    public Dictionary<string, string> Environment { get; init => field = value ?? []; } = [];

    public IReadOnlyList<GuestFileRecord> Files { get; init => field = value ?? []; } = [];

    /// <summary><see cref="GuestFile.DigestOf"/> them all.</summary>
    public string? FilesDigest { get; init; }

    public GuestProbes? Probes { get; init; }

    public int DrainSeconds { get; init; }

    public DeletionPolicy DeletionPolicy { get; init; }

    /// <summary>
    /// What it was before a change that may be taken back: <see cref="GuestChange.KeepPrevious"/>. Its image and files stay for as long.
    /// </summary>
    public GuestRecord? Previous { get; init; }

    public string? Fleet { get; init; }

    public long Revision { get; init; } = 1;

    public DateTimeOffset CreationTime { get; init; }

    /// <summary>False: an intent whose creation no answer has confirmed. What a crash leaves so is destroyed at the next start.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Whether it is wanted running: true from its start by request until it is stopped by request or its policy lets it rest.</summary>
    public bool DesiredRunning { get; init; }

    public GuestState State { get; init; }

    /// <summary>Xen's number of its present domain, or null.</summary>
    public int? DomainId { get; init; }

    /// <summary>The guest's event channel in its present domain; with the grant references what lightvm-io needs to attach again.</summary>
    public int EventChannel { get; init; }

    public int ConsoleGrant { get; init; }

    public int DeviceGrant { get; init; }

    public int ControlGrant { get; init; }

    /// <summary>Control pages of its present domain: that of the sysctl device, those of devices, spares.</summary>
    public int ControlPages { get; init; }

    /// <summary>0: its present domain has a device page; else its port of a XenStore page.</summary>
    public int StoreEventChannel { get; init; }

    /// <summary>The boot of the host (<c>/proc/sys/kernel/random/boot_id</c>) in which its last domain lived; tells a boot of the host from a restart of the daemon.</summary>
    public Guid BootId { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    [JsonPropertyName("startupMs"), JsonConverter(typeof(NullableMillisecondsConverter))]
    public TimeSpan? StartupTime { get; init; }

    public int RestartCount { get; init; }

    /// <summary>While it is Saved: in which checkpoint (<see cref="StoredCheckpoint.Stem"/>). Else null.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>A save that no answer has confirmed, or null. What a crash leaves of it is taken back: the guest goes on.</summary>
    public SaveIntent? Saving { get; init; }

    /// <summary>
    /// The checkpoint that its domain is filled from and about to be let run from, or null. From here on there is no way back: the guest
    /// may write to its disks. What a crash cuts off is done by the next start.
    /// </summary>
    public string? Restoring { get; init; }

    /// <summary>A move to or from another host that is under way or not settled, or null.</summary>
    public MoveRecord? Move { get; init; }

    public string? EndReason { get; init; }
}
