namespace LightVM.Reconcile.Tests;

/// <summary>A spec and a host, made by hand or at random.</summary>
internal sealed class World
{
    public const string Fleet = "quick";

    public ModelHost Host { get; } = new();

    public List<ImageSpec> Images { get; } = [];

    public List<GuestSpec> Guests { get; } = [];

    public FleetSpec Spec => new()
    {
        Name = Fleet, File = "quick.yaml", FullPath = "/specs/quick.yaml", Digest = $"sha256:{string.Join(';', Guests.Select(Text))}",
        NameMark = new SourceMark(3, 13), Images = [.. Images], Guests = [.. Guests],
    };

    public static ImageManifest Manifest(string name, string content = "1", string commandLine = "") => new()
    {
        Name = name, Kind = "unikernel", Kernel = new ImageFile { File = "kernel.elf", Size = 1, Digest = "sha256:" + content }, MinimumMemory = 4 << 20,
        CommandLine = commandLine,
    };

    /// <summary>An entry of images:, and the directory that it names.</summary>
    public void AddImage(ImageManifest manifest)
    {
        Host.Directories[manifest.Name] = manifest;
        Images.RemoveAll(image => image.Name == manifest.Name);
        Images.Add(new ImageSpec
        {
            Name = manifest.Name, NameMark = new SourceMark(5, 5), Path = manifest.Name, PathMark = new SourceMark(5, 20), Directory = manifest.Name,
            Place = $"images[{Images.Count}]", Manifest = manifest, Digest = manifest.ComputeDigest(),
        });
    }

    public static GuestSpec Guest(
        string name, int? replicas = null, string image = "hello", long? memory = null, int vcpus = 1, RestartPolicy restartPolicy = RestartPolicy.Never,
        CrashAction onCrash = CrashAction.Destroy, Dictionary<string, string>? labels = null, string? affinity = null, int cpuPool = 0,
        string? commandLine = null) => new()
    {
        Name = name, Replicas = replicas, Image = image, Memory = memory, VCpus = vcpus, RestartPolicy = restartPolicy, OnCrash = onCrash,
        Labels = labels ?? [], Affinity = affinity, CpuPool = cpuPool, CommandLine = commandLine, Mark = new SourceMark(7, 5), Path = "guests[0]",
        Marks = new Dictionary<string, SourceMark> { ["name"] = new(7, 11), ["memory"] = new(9, 13) },
    };

    public async Task<(FleetPlan Plan, IReadOnlyList<ReconcileResult> Results)> ReconcileAsync(ReconcileOptions? options = null)
    {
        var reconciler = new Reconciler(Host, options);
        FleetPlan plan = await reconciler.PlanAsync(Spec);
        return (plan, await reconciler.ApplyAsync(plan));
    }

    public async Task<Plan> PlanAsync(ReconcileOptions? options = null) => (await new Reconciler(Host, options).PlanAsync(Spec)).Plan;

    private static string Text(GuestSpec guest) => string.Join(
        ',', guest.Name, guest.Replicas, guest.Image, guest.Memory, guest.VCpus, guest.RestartPolicy, guest.OnCrash, guest.Affinity, guest.CpuPool,
        guest.CommandLine, string.Join('+', guest.Labels.Select(label => $"{label.Key}={label.Value}")));
}
