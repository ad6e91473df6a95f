using LightVM.Client;

namespace LightVM.Reconcile;

/// <summary>
/// All of a guest that a spec decides, in one normal form: defaults filled in, affinity in its shortest form. What is wanted
/// and what is there are both brought into it, and what is sent to the host is taken from it, so that a difference which is
/// shown is one that is applied, and the other way round.
/// </summary>
internal sealed record GuestShape
{
    /// <summary>Bytes.</summary>
    public const int PageSize = 4096;

    /// <summary>Bytes; Xen's builder maps no less for a guest.</summary>
    private const long SmallestGuest = 4L << 20;

    public required string Image { get; init; }

    /// <summary>Null: not known, and then no difference.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>Bytes.</summary>
    public long Memory { get; init; }

    public int VCpus { get; init; }

    public RestartPolicy RestartPolicy { get; init; }

    public CrashAction OnCrash { get; init; }

    public DeletionPolicy DeletionPolicy { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Null: any CPU.</summary>
    public string? Affinity { get; init; }

    public int CpuPool { get; init; }

    public string CommandLine { get; init; } = "";

    /// <summary>Null: what the kernel can, and then no difference.</summary>
    public GuestType? Type { get; init; }

    /// <summary>What is wanted; what is there is compared by <see cref="DeviceDiff"/>.</summary>
    public IReadOnlyList<AdapterSpec> Adapters { get; init; } = [];

    /// <summary>Whether the spec names its adapters; otherwise the daemon gives it what the image asks for.</summary>
    public bool AdaptersNamed { get; init; }

    public IReadOnlyList<DiskSpec> Disks { get; init; } = [];

    /// <summary>Sorted, each once.</summary>
    public IReadOnlyList<string> Publish { get; init; } = [];

    /// <summary>Null: none.</summary>
    public GuestProbes? Probes { get; init; }

    public int DrainSeconds { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What is wanted; of what is there only paths and digest are known.</summary>
    public IReadOnlyList<GuestFile> Files { get; init; } = [];

    public IReadOnlyList<string> FilePaths { get; init; } = [];

    /// <summary>Null: there are none, or the daemon does not say.</summary>
    public string? FilesDigest { get; init; }

    /// <summary>Bytes that a guest of an image has at least, and has when nothing is said.</summary>
    /// <param name="imageMinimum">As the image states it.</param>
    public static long LeastMemory(long imageMinimum) =>
        Math.Max(SmallestGuest, (imageMinimum + PageSize - 1) / PageSize * PageSize);

    /// <summary>What a spec wants of each guest of an entry, but for what <see cref="For"/> puts in.</summary>
    public static GuestShape Of(GuestSpec spec, WantedImage image, string fleet) => new()
    {
        Image = spec.Image,
        ImageDigest = image.Digest,
        Memory = spec.Memory ?? LeastMemory(image.MinimumMemory),
        VCpus = spec.VCpus,
        RestartPolicy = spec.RestartPolicy,
        OnCrash = spec.OnCrash,
        DeletionPolicy = spec.DeletionPolicy,
        Labels = spec.Labels,
        Affinity = spec.Affinity,
        CpuPool = spec.CpuPool,
        CommandLine = spec.CommandLine ?? image.CommandLine,
        Type = spec.Type,
        Adapters = spec.Adapters ?? (image.Network ? [new AdapterSpec { Mark = spec.Mark, Path = spec.Path }] : []),
        AdaptersNamed = spec.Adapters is not null,
        Disks = spec.Disks,
        Publish = Ports(spec.Publish.Select(publish => OfGroup(publish.Port, spec.GroupOf(publish.Port, fleet)))),
        Probes = spec.Probes,
        DrainSeconds = spec.Update?.DrainSeconds ?? (spec.SharesPorts ? UpdateSpec.DefaultDrain : 0),
        Arguments = spec.Arguments,
        Environment = spec.Environment,
        Files = [.. spec.Files.Select(file => file.ToGuestFile())],
        FilePaths = [.. spec.Files.Select(file => file.Path).Order(StringComparer.Ordinal)],
        FilesDigest = GuestFile.DigestOf(spec.Files.Select(file => file.ToGuestFile())),
    };

    /// <summary>What a spec wants of one guest of an entry: its name and number stand where its strings ask for them.</summary>
    public GuestShape For(ReplicaName member, GuestSpec spec) => this with
    {
        Labels = member.Expand(Labels),
        CommandLine = spec.CommandLine is null ? CommandLine : member.Expand(CommandLine),
        Disks = [.. Disks.Select(disk => disk with { Path = member.Expand(disk.Path) })],
        Arguments = [.. Arguments.Select(member.Expand)],
        Environment = member.Expand(Environment),
    };

    /// <summary>What is there.</summary>
    public static GuestShape Of(Guest guest) => new()
    {
        Image = guest.Image,
        ImageDigest = guest.ImageDigest,
        Memory = guest.Memory,
        VCpus = guest.VCpuCount,
        RestartPolicy = guest.RestartPolicy,
        OnCrash = guest.OnCrash,
        DeletionPolicy = guest.DeletionPolicy,
        Labels = guest.Labels ?? [],
        Affinity = string.IsNullOrEmpty(guest.Affinity) ? null : CpuList.TryNormalize(guest.Affinity, out string list) ? list : guest.Affinity,
        CpuPool = guest.CpuPool,
        CommandLine = guest.CommandLine ?? "",
        Type = guest.Type,
        Publish = Ports(guest.Publish ?? []),
        Probes = guest.Probes,
        DrainSeconds = guest.DrainSeconds,
        Arguments = guest.Arguments ?? [],
        Environment = guest.Environment ?? [],
        FilePaths = [.. (guest.Files ?? []).Order(StringComparer.Ordinal)],
        FilesDigest = guest.FilesDigest,
    };

    public GuestDefinition ToDefinition(string name, string fleet) => new()
    {
        Name = name,
        Image = Image,
        Memory = Memory,
        VCpuCount = VCpus,
        RestartPolicy = RestartPolicy,
        OnCrash = OnCrash,
        DeletionPolicy = DeletionPolicy == DeletionPolicy.Delete ? null : DeletionPolicy,
        Labels = Labels.Count == 0 ? null : new Dictionary<string, string>(Labels),
        Affinity = Affinity,
        CpuPool = CpuPool,
        CommandLine = CommandLine,
        Type = Type,
        Adapters = AdaptersNamed ? [.. Adapters.Select(DeviceDiff.ToDefinition)] : null,
        Disks = Disks.Count == 0 ? null : [.. Disks.Select(DeviceDiff.ToDefinition)],
        Publish = Publish.Count == 0 ? null : ToPorts(Publish),
        Probes = Probes,
        DrainSeconds = DrainSeconds == 0 ? null : DrainSeconds,
        Arguments = Arguments.Count == 0 ? null : Arguments,
        Environment = Environment.Count == 0 ? null : new Dictionary<string, string>(Environment),
        Files = Files.Count == 0 ? null : Files,
        Fleet = fleet,
    };

    /// <summary>Whether the files are other than those that are there, as far as the daemon says.</summary>
    public bool HasFilesOf(GuestShape now) => FilePaths.SequenceEqual(now.FilePaths, StringComparer.Ordinal)
        && (now.FilesDigest is null || FilesDigest is null || now.FilesDigest == FilesDigest);

    /// <summary>What has to be sent so that <paramref name="now"/> becomes this; adapters and disks have requests of their own.</summary>
    /// <param name="now">What is there.</param>
    /// <param name="replace">Names the image even where only its digest differs.</param>
    /// <param name="fleet">The fleet that takes it over; null: it stays whose it is.</param>
    /// <param name="keepPrevious">Whether the host is to remember what is there, so that it can be taken back.</param>
    public GuestChange ToChange(GuestShape now, bool replace, string? fleet, bool keepPrevious) => new()
    {
        KeepPrevious = keepPrevious ? true : null,
        Fleet = fleet,
        Image = replace ? Image : null,
        Memory = Memory == now.Memory ? null : Memory,
        VCpuCount = VCpus == now.VCpus ? null : VCpus,
        RestartPolicy = RestartPolicy == now.RestartPolicy ? null : RestartPolicy,
        OnCrash = OnCrash == now.OnCrash ? null : OnCrash,
        DeletionPolicy = DeletionPolicy == now.DeletionPolicy ? null : DeletionPolicy,
        Labels = GuestDiff.SameLabels(Labels, now.Labels) ? null : new Dictionary<string, string>(Labels),
        Affinity = Affinity == now.Affinity ? null : Affinity ?? "",
        CpuPool = CpuPool == now.CpuPool ? null : CpuPool,

        // A guest that has its image's own command line is given that of its new image, unless one is named.
        CommandLine = CommandLine == now.CommandLine && !replace ? null : CommandLine,
        Type = Type is null || Type == now.Type ? null : Type,
        Probes = Probes?.ToString() == now.Probes?.ToString() ? null : Probes ?? new GuestProbes(),
        DrainSeconds = DrainSeconds == now.DrainSeconds ? null : DrainSeconds,
        Arguments = Arguments.SequenceEqual(now.Arguments, StringComparer.Ordinal) ? null : Arguments,
        Environment = GuestDiff.SameLabels(Environment, now.Environment) ? null : new Dictionary<string, string>(Environment),
        Files = HasFilesOf(now) ? null : Files,
    };

    /// <summary>The whole new set where it differs from what is there; else null.</summary>
    public GuestChange? ToPublish(GuestShape now) =>
        Publish.SequenceEqual(now.Publish, StringComparer.Ordinal) ? null : new GuestChange { Publish = ToPorts(Publish) };

    /// <summary>All that it publishes; null: nothing.</summary>
    public GuestChange? PublishAll() => Publish.Count == 0 ? null : new GuestChange { Publish = ToPorts(Publish) };

    private static PublishedPort OfGroup(PublishedPort port, string? group) => port.Group == group ? port : new PublishedPort
    {
        HostAddress = port.HostAddress, HostPort = port.HostPort, GuestPort = port.GuestPort, Protocol = port.Protocol, Group = group,
    };

    private static IReadOnlyList<string> Ports(IEnumerable<PublishedPort> ports) =>
        [.. ports.Select(port => port.ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<PublishedPort> ToPorts(IEnumerable<string> texts) =>
        [.. texts.Select(text => PublishedPortText.TryParse(text, out PublishedPort? port, out _) ? port : throw new FormatException(text))];
}
