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

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Null: any CPU.</summary>
    public string? Affinity { get; init; }

    public int CpuPool { get; init; }

    public string CommandLine { get; init; } = "";

    /// <summary>Bytes that a guest of an image has at least, and has when nothing is said.</summary>
    /// <param name="imageMinimum">As the image states it.</param>
    public static long LeastMemory(long imageMinimum) =>
        Math.Max(SmallestGuest, (imageMinimum + PageSize - 1) / PageSize * PageSize);

    /// <summary>What a spec wants.</summary>
    public static GuestShape Of(GuestSpec spec, WantedImage image) => new()
    {
        Image = spec.Image,
        ImageDigest = image.Digest,
        Memory = spec.Memory ?? LeastMemory(image.MinimumMemory),
        VCpus = spec.VCpus,
        RestartPolicy = spec.RestartPolicy,
        OnCrash = spec.OnCrash,
        Labels = spec.Labels,
        Affinity = spec.Affinity,
        CpuPool = spec.CpuPool,
        CommandLine = spec.CommandLine ?? image.CommandLine,
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
        Labels = guest.Labels ?? [],
        Affinity = string.IsNullOrEmpty(guest.Affinity) ? null : CpuList.TryNormalize(guest.Affinity, out string list) ? list : guest.Affinity,
        CpuPool = guest.CpuPool,
        CommandLine = guest.CommandLine ?? "",
    };

    public GuestDefinition ToDefinition(string name, string fleet) => new()
    {
        Name = name,
        Image = Image,
        Memory = Memory,
        VCpuCount = VCpus,
        RestartPolicy = RestartPolicy,
        OnCrash = OnCrash,
        Labels = Labels.Count == 0 ? null : new Dictionary<string, string>(Labels),
        Affinity = Affinity,
        CpuPool = CpuPool,
        CommandLine = CommandLine,
        Fleet = fleet,
    };

    /// <summary>What has to be sent so that <paramref name="now"/> becomes this.</summary>
    /// <param name="now">What is there.</param>
    /// <param name="replace">Names the image even where only its digest differs.</param>
    public GuestChange ToChange(GuestShape now, bool replace) => new()
    {
        Image = replace ? Image : null,
        Memory = Memory == now.Memory ? null : Memory,
        VCpuCount = VCpus == now.VCpus ? null : VCpus,
        RestartPolicy = RestartPolicy == now.RestartPolicy ? null : RestartPolicy,
        OnCrash = OnCrash == now.OnCrash ? null : OnCrash,
        Labels = GuestDiff.SameLabels(Labels, now.Labels) ? null : new Dictionary<string, string>(Labels),
        Affinity = Affinity == now.Affinity ? null : Affinity ?? "",
        CpuPool = CpuPool == now.CpuPool ? null : CpuPool,

        // A guest that has its image's own command line is given that of its new image, unless one is named.
        CommandLine = CommandLine == now.CommandLine && !replace ? null : CommandLine,
    };
}
