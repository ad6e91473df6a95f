namespace LightVM.Reconcile.Tests;

/// <summary>A spec and a host, made by hand or at random.</summary>
internal sealed class World
{
    public const string Fleet = "quick";

    public ModelHost Host { get; } = new();

    public List<ImageSpec> Images { get; } = [];

    public List<NetworkSpec> Networks { get; } = [];

    public List<GuestSpec> Guests { get; } = [];

    public List<PoolSpec> Pool { get; } = [];

    public AdoptPolicy Adopt { get; set; }

    public FleetSpec Spec => new()
    {
        Adopt = Adopt,
        Name = Fleet, File = "quick.yaml", FullPath = "/specs/quick.yaml", Digest = $"sha256:{string.Join(';', Guests.Select(Text))}",
        NameMark = new SourceMark(3, 13), Images = [.. Images], Networks = [.. Networks], Guests = [.. Guests], Pool = [.. Pool],
    };

    public static ImageManifest Manifest(string name, string content = "1", string commandLine = "", bool network = false) => new()
    {
        Name = name, Kind = "unikernel", Kernel = new ImageFile { File = "kernel.elf", Size = 1, Digest = "sha256:" + content }, MinimumMemory = 4 << 20,
        CommandLine = commandLine, Network = network,
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
        string? commandLine = null, IReadOnlyList<AdapterSpec>? adapters = null, IReadOnlyList<DiskSpec>? disks = null, string[]? publish = null,
        string[]? arguments = null, Dictionary<string, string>? environment = null, Dictionary<string, string>? files = null, GuestType? type = null,
        GuestProbes? probes = null, UpdateSpec? update = null, string[]? dependsOn = null, PlacementSpec? placement = null, DeletionPolicy deletionPolicy = DeletionPolicy.Delete) => new()
    {
        Name = name, Replicas = replicas, Image = image, Memory = memory, VCpus = vcpus, RestartPolicy = restartPolicy, OnCrash = onCrash,
        DeletionPolicy = deletionPolicy,
        Labels = labels ?? [], Affinity = affinity, CpuPool = cpuPool, CommandLine = commandLine, Adapters = adapters, Disks = disks ?? [],
        Publish = [.. (publish ?? []).Select(Publish)], Arguments = arguments ?? [], Environment = environment ?? [], Type = type,
        Probes = probes, Update = update, Placement = placement, DependsOn = [.. (dependsOn ?? []).Select(other => new DependencySpec(other, new SourceMark(10, 9), "guests[0].dependsOn[0]"))],
        Files = [.. (files ?? []).Select(file => new FileSpec { Path = file.Key, Content = System.Text.Encoding.UTF8.GetBytes(file.Value) })], Mark = new SourceMark(7, 5), Path = "guests[0]",
        Marks = new Dictionary<string, SourceMark> { ["name"] = new(7, 11), ["memory"] = new(9, 13) },
    };

    public static NetworkSpec Network(
        string name, string? subnet = null, string? subnet6 = null, int mtu = 1500, bool dhcp = true, bool nat = true, bool isolated = false, string? bridge = null,
        int vlan = 0, bool trusted = false) => new()
    {
        Name = name, Subnet = subnet, Subnet6 = subnet6, Mtu = mtu, Dhcp = dhcp && bridge is null, Nat = nat && bridge is null, Isolated = isolated, Bridge = bridge,
        Vlan = vlan, Trusted = trusted, Mark = new SourceMark(4, 5), Path = "networks[0]", Marks = new Dictionary<string, SourceMark> { ["name"] = new(4, 11), ["mtu"] = new(5, 10) },
    };

    public static PoolSpec Shells(string image, int count, long? memory = null, int vcpus = 1, int? devices = null) => new()
    {
        Image = image, Count = count, Memory = memory, VCpuCount = vcpus, Devices = devices, Mark = new SourceMark(11, 5), Path = "pool[0]",
        Marks = new Dictionary<string, SourceMark> { ["image"] = new(11, 12), ["count"] = new(12, 12) },
    };

    public static AdapterSpec Adapter(string network, string? mac = null, string? address = null, long rate = 0) =>
        new() { Network = network, Mac = mac, Address = address, RateLimit = rate, Mark = new SourceMark(8, 9), Path = "guests[0].adapters[0]" };

    public async Task<(FleetPlan Plan, IReadOnlyList<ReconcileResult> Results)> ReconcileAsync(ReconcileOptions? options = null)
    {
        var reconciler = new Reconciler(Host, options ?? new ReconcileOptions { AllowEmpty = true });
        FleetPlan plan = await reconciler.PlanAsync(Spec);
        return (plan, await reconciler.ApplyAsync(plan));
    }

    public async Task<Plan> PlanAsync(ReconcileOptions? options = null) => (await new Reconciler(Host, options).PlanAsync(Spec)).Plan;

    private static PublishSpec Publish(string text) =>
        new(Client.PublishedPortText.TryParse(text, out PublishedPort? port, out string? why) ? port : throw new FormatException(why), new SourceMark(8, 9), "guests[0].publish[0]");

    private static string Text(GuestSpec guest) => string.Join(
        ',', guest.Name, guest.Replicas, guest.Image, guest.Memory, guest.VCpus, guest.RestartPolicy, guest.OnCrash, guest.Affinity, guest.CpuPool,
        guest.CommandLine, string.Join('+', guest.Labels.Select(label => $"{label.Key}={label.Value}")));
}
