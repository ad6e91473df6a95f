namespace LightVM.Reconcile.Tests;

/// <summary>A spec that names hosts, and those hosts.</summary>
internal sealed class ManyWorld
{
    private readonly World one = new();

    public ManyWorld(params string[] hosts)
    {
        foreach (string host in hosts)
        {
            AddHost(host);
        }

        AddImage(World.Manifest("hello"));
    }

    public ModelHosts Hosts { get; } = new();

    /// <summary>Those of the spec.</summary>
    public List<HostSpec> Named { get; } = [];

    public List<GuestSpec> Guests => one.Guests;

    public List<NetworkSpec> Networks => one.Networks;

    public FleetSpec Spec
    {
        get
        {
            FleetSpec spec = one.Spec;
            return new FleetSpec
            {
                Name = spec.Name, File = spec.File, FullPath = spec.FullPath, NameMark = spec.NameMark, Images = spec.Images, Networks = spec.Networks, Guests = spec.Guests,
                Pool = spec.Pool, Hosts = [.. Named], Text = spec.Text,
                Digest = $"{spec.Digest}|{string.Join(',', Named.Select(host => host.Name))}|{string.Join(';', Guests.Select(guest => $"{guest.Placement?.Host}{guest.Placement?.Strategy}"))}",
            };
        }
    }

    public void AddHost(string name, long capacity = long.MaxValue, Dictionary<string, string>? labels = null)
    {
        if (!Hosts.All.ContainsKey(name))
        {
            ModelHost host = Hosts.Add(name, capacity);
            foreach ((string directory, ImageManifest manifest) in one.Host.Directories)
            {
                host.Directories[directory] = manifest;
            }
        }

        Named.Add(new HostSpec
        {
            Name = name, Address = $"ssh://{name}", Labels = labels ?? [], Mark = new SourceMark(2, 3), Path = $"hosts[{Named.Count}]",
            Marks = new Dictionary<string, SourceMark> { ["name"] = new(2, 9) },
        });
    }

    public void AddImage(ImageManifest manifest)
    {
        one.AddImage(manifest);
        foreach (ModelHost host in Hosts.All.Values)
        {
            host.Directories[manifest.Name] = manifest;
        }
    }

    public void AddGuest(string name, int? replicas = null, PlacementSpec? placement = null, long? memory = null, Dictionary<string, string>? labels = null, UpdateSpec? update = null, string[]? dependsOn = null) =>
        Guests.Add(World.Guest(name, replicas, memory: memory, labels: labels, update: update, dependsOn: dependsOn, placement: placement));

    public async Task<(FleetPlan Plan, IReadOnlyList<ReconcileResult> Results)> ReconcileAsync(ReconcileOptions? options = null)
    {
        var reconciler = new Reconciler(Hosts, options ?? new ReconcileOptions { AllowEmpty = true });
        FleetPlan plan = await reconciler.PlanAsync(Spec);
        return (plan, await reconciler.ApplyAsync(plan));
    }

    public async Task<Plan> PlanAsync() => (await new Reconciler(Hosts).PlanAsync(Spec)).Plan;

    public void ClearWrites() => Hosts.All.Values.ToList().ForEach(host => host.Writes.Clear());
}
