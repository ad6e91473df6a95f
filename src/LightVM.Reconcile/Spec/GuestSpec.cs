using System.Globalization;

namespace LightVM.Reconcile;

/// <summary>An entry of <c>guests:</c>: one guest, or as many alike as it has replicas.</summary>
public sealed class GuestSpec
{
    public required string Name { get; init; }

    /// <summary>Null: one guest that has the name itself.</summary>
    public int? Replicas { get; init; }

    public required string Image { get; init; }

    /// <summary>Bytes; null: the image's minimum.</summary>
    public long? Memory { get; init; }

    public int VCpus { get; init; } = 1;

    public RestartPolicy RestartPolicy { get; init; }

    public CrashAction OnCrash { get; init; }

    /// <summary>What becomes of its guests when the spec no longer names them.</summary>
    public DeletionPolicy DeletionPolicy { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Normalised; null: any CPU.</summary>
    public string? Affinity { get; init; }

    public int CpuPool { get; init; }

    /// <summary>Null: the image's.</summary>
    public string? CommandLine { get; init; }

    /// <summary>Null: what the kernel can.</summary>
    public GuestType? Type { get; init; }

    /// <summary>Null: one on <c>default</c> if the image asks for a network.</summary>
    public IReadOnlyList<AdapterSpec>? Adapters { get; init; }

    public IReadOnlyList<DiskSpec> Disks { get; init; } = [];

    public IReadOnlyList<PublishSpec> Publish { get; init; } = [];

    /// <summary>Null: none.</summary>
    public GuestProbes? Probes { get; init; }

    /// <summary>Null: guests that have to be stopped for a change are changed several at a time, and none waits for another.</summary>
    public UpdateSpec? Update { get; init; }

    /// <summary>Null: any host, spread.</summary>
    public PlacementSpec? Placement { get; init; }

    /// <summary>Entries whose guests are ready before those of this one are made or changed.</summary>
    public IReadOnlyList<DependencySpec> DependsOn { get; init; } = [];

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Those of <see cref="Secrets"/> among them once they were found.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; internal set; } = new Dictionary<string, string>();

    /// <summary>By variable: the name of the secret that it holds.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<FileSpec> Files { get; init; } = [];

    /// <summary>Where the entry begins.</summary>
    public required SourceMark Mark { get; init; }

    /// <summary>Where the value of each key that is there begins; those of labels as <c>labels.KEY</c>, of variables as <c>environment.KEY</c>.</summary>
    public IReadOnlyDictionary<string, SourceMark> Marks { get; init; } = new Dictionary<string, SourceMark>();

    /// <summary>Its place in the document: <c>guests[0]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Names of its guests: <c>web-1</c>, <c>web-2</c>, …, or <c>web</c>.</summary>
    public IEnumerable<string> GuestNames => Members.Select(member => member.Name);

    /// <summary>Its guests.</summary>
    internal IEnumerable<ReplicaName> Members => Replicas is { } count
        ? Enumerable.Range(1, count).Select(number => new ReplicaName(string.Create(CultureInfo.InvariantCulture, $"{Name}-{number}"), number))
        : [new ReplicaName(Name, null)];

    /// <summary>Its strings that may name the guest: what is written, where its finding points to, and as what.</summary>
    internal IEnumerable<(string Text, SourceMark Mark, string Key)> Texts =>
    [
        .. CommandLine is null ? [] : new[] { (CommandLine, MarkOf("commandLine"), "commandLine") },
        .. Labels.Select(label => (label.Value, MarkOf($"labels.{label.Key}"), $"labels.{label.Key}")),
        .. Disks.Select((disk, index) => (disk.Path, disk.Mark, string.Create(CultureInfo.InvariantCulture, $"disks[{index}].path"))),
        .. Arguments.Select((text, index) => (text, MarkOf("arguments"), string.Create(CultureInfo.InvariantCulture, $"arguments[{index}]"))),
        .. Environment.Select(variable => (variable.Value, MarkOf($"environment.{variable.Key}"), $"environment.{variable.Key}")),
    ];

    /// <summary>Whether its ports are spread over several guests.</summary>
    public bool SharesPorts => Publish.Count > 0 && (Replicas is not null || Publish.Any(publish => publish.Port.Group is not null));

    /// <summary>The group that shares a port of this entry; null: it is a single guest's. Guests with numbers share theirs, unless they say with whom.</summary>
    public string? GroupOf(PublishedPort port, string fleet) => port.Group ?? (Replicas is null ? null : $"{fleet}/{Name}");

    /// <summary>Where the value of a key is, or the entry where the key is not there.</summary>
    public SourceMark MarkOf(string key) => Marks.TryGetValue(key, out SourceMark mark) ? mark : Mark;
}
