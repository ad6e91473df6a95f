namespace LightVM.Reconcile.Tests;

/// <summary>Random specs on random hosts: applying a plan leaves an empty plan, whatever happened on the way.</summary>
public sealed class ConvergenceTests
{
    private const int Cases = 400;
    private static readonly string[] OwnImages = ["hello", "noop"];
    private static readonly string[] NetworkNames = ["back", "mid", "front"];
    private static readonly string[] Names = ["web", "api", "db", "cache"];

    public static TheoryData<int> Seeds => [1, 2, 3];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Applying_a_plan_leaves_nothing_to_do_and_does_what_it_said(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Cases; i++)
        {
            World world = await RandomWorldAsync(random);
            Dictionary<Guid, Guest> theirs = Theirs(world);
            string[] theirNetworks = TheirNetworks(world);

            (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();

            if (plan.Plan.Steps.Any(step => step.Problem?.Code == ErrorCodes.NetworkInUse))
            {
                // What was on it may have left it by this run: the next one makes it anew.
                await world.ReconcileAsync();
            }

            Assert.Equal(plan.Plan.Steps.Select(step => (step.Kind, step.Name, step.Action)), results.Select(result => (result.Kind, result.Name, result.Action)));
            Assert.All(plan.Plan.Steps, step => Assert.Equal(
                step.Action is PlanAction.Update or PlanAction.Restart or PlanAction.Replace, step.Changes.Count > 0 && step.Action != PlanAction.Blocked));
            AssertConverged(world, theirs, await world.PlanAsync(), $"seed {seed}, case {i}");
            Assert.Equal(theirNetworks, TheirNetworks(world));
            world.Host.Writes.Clear();
            await world.ReconcileAsync();
            Assert.True(KeepsFromOthers(world, plan.Plan) || world.Host.Writes.Count == 0);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Interrupted_anywhere_and_run_again_it_converges(int seed)
    {
        var random = new Random(seed * 1000);
        for (int i = 0; i < Cases; i++)
        {
            World world = await RandomWorldAsync(random);
            Dictionary<Guid, Guest> theirs = Theirs(world);
            string[] theirNetworks = TheirNetworks(world);
            for (int run = 0; run < 4; run++)
            {
                int at = world.Host.Writes.Count + random.Next(1, 8);
                Fault fault = random.Next(2) == 0 ? Fault.Before : Fault.After;
                world.Host.FaultAt = (_, number) => number == at ? fault : Fault.None;
                try
                {
                    await world.ReconcileAsync();
                }
                catch (LightVMException e) when (e.Problem.Code == ErrorCodes.HostUnreachable)
                {
                    // The record was lost.
                }
            }

            world.Host.FaultAt = (_, _) => Fault.None;
            await world.ReconcileAsync();
            await world.ReconcileAsync();
            AssertConverged(world, theirs, await world.PlanAsync(), $"seed {seed}, case {i}");
            Assert.Equal(theirNetworks, TheirNetworks(world));
        }
    }

    /// <summary>A guest that is left alone keeps what it has, and others may be to get it: that is for somebody to decide.</summary>
    private static bool KeepsFromOthers(World world, Plan plan)
    {
        string[] blocked = [.. plan.Steps.Where(step => step is { Kind: ResourceKind.Guest, Action: PlanAction.Blocked }).Select(step => step.Name)];
        return world.Host.Guests.Any(guest => blocked.Contains(guest.Name) && (guest.Publish.Count > 0
            || guest.Disks.Any(disk => disk.Path.Length == "/srv/0.img".Length) || guest.Adapters.Any(adapter => adapter.Address?.StartsWith("10.118.8.", StringComparison.Ordinal) == true)));
    }

    private static string[] TheirNetworks(World world) =>
        [.. world.Host.Networks.Where(network => network.Fleet != World.Fleet).Select(network => $"{network.Name} {network.Mtu} {network.Id}").Order(StringComparer.Ordinal)];

    private static Dictionary<Guid, Guest> Theirs(World world) =>
        world.Host.Guests.Where(guest => guest.Fleet != World.Fleet).ToDictionary(guest => guest.Id);

    private static void AssertConverged(World world, Dictionary<Guid, Guest> theirs, Plan plan, string which)
    {
        bool kept = KeepsFromOthers(world, plan);
        Assert.True(
            plan.Steps.All(step => step.Action is PlanAction.NoChange or PlanAction.Blocked || (kept && step.Kind == ResourceKind.Guest)),
            $"{which}: {string.Join("; ", plan.Steps)}");
        Assert.All(theirs, pair => Assert.Same(pair.Value, world.Host.Guests.Single(guest => guest.Id == pair.Key)));
        // A guest that was let go is of no fleet, and was to be.
        Guest[] ours = [.. world.Host.Guests.Where(guest => !theirs.ContainsKey(guest.Id) && (guest.Fleet is not null || guest.DeletionPolicy == DeletionPolicy.Delete))];
        Assert.Equal(ours.Length, ours.DistinctBy(guest => guest.Name).Count());
        string[] blocked = [.. plan.Steps.Where(step => step.Action == PlanAction.Blocked).Select(step => step.Name)];
        string[] missing = [.. plan.Steps.Where(step => kept && step is { Kind: ResourceKind.Guest, Action: PlanAction.Create }).Select(step => step.Name)];
        Assert.Equal(
            world.Guests.SelectMany(guest => guest.GuestNames)
                .Where(name => (!blocked.Contains(name) && !missing.Contains(name)) || ours.Any(guest => guest.Name == name)).Order(StringComparer.Ordinal),
            ours.Select(guest => guest.Name).Order(StringComparer.Ordinal));
        Assert.Equal(ours.Select(guest => guest.Id).Order(), world.Host.Fleets[World.Fleet].Guests.Order());
    }

    /// <summary>A host on which an earlier spec was applied, others have guests, and somebody has meddled; and the next spec.</summary>
    private static async Task<World> RandomWorldAsync(Random random)
    {
        var world = new World();
        Randomize(world, random);
        if (random.Next(4) > 0)
        {
            await world.ReconcileAsync();
            Meddle(world, random);
            Randomize(world, random);
        }

        world.Host.Writes.Clear();
        return world;
    }

    internal static void Randomize(World world, Random random)
    {
        world.Host.AddImage(World.Manifest("shared", content: random.Next(2).ToString(), network: random.Next(2) == 0));
        foreach (string image in OwnImages)
        {
            world.AddImage(World.Manifest(image, content: random.Next(3).ToString(), commandLine: random.Next(2) == 0 ? "" : "quiet", network: random.Next(2) == 0));
        }

        world.Networks.Clear();
        var subnets = new Queue<int>(Shuffled(random, 1, 2, 3));
        foreach (string name in NetworkNames.Where(_ => random.Next(3) > 0))
        {
            int number = subnets.Dequeue();
            world.Networks.Add(random.Next(5) == 0
                ? World.Network(name, bridge: "br0", vlan: random.Next(2), trusted: random.Next(2) == 0, mtu: random.Next(2) == 0 ? 1500 : 9000)
                : World.Network(
                    name, subnet: random.Next(3) == 0 ? null : $"10.{number}.0.0/16", subnet6: random.Next(3) switch { 0 => null, 1 => "", _ => $"fd00:{number}::/64" },
                    mtu: random.Next(2) == 0 ? 1500 : 9000, dhcp: random.Next(2) == 0, nat: random.Next(2) == 0, isolated: random.Next(2) == 0));
        }

        string[] usable = ["default", .. world.Networks.Select(network => network.Name)];
        world.Guests.Clear();

        // What only one may have passes from guest to guest, and from spec to spec.
        var ports = new Queue<int>(Shuffled(random, 8080, 8081, 8082, 8083, 8084, 8085));
        var images = new Queue<int>(Shuffled(random, 0, 1, 2, 3, 4));
        var addresses = new Queue<int>(Shuffled(random, 1, 2, 3, 4, 5));
        foreach (string name in Names.Where(_ => random.Next(3) > 0))
        {
            var policy = (DeletionPolicy)random.Next(3);
            bool goes = policy == DeletionPolicy.Delete; // one that stays keeps what it has
            int? replicas = random.Next(3) == 0 ? null : random.Next(4);
            IReadOnlyList<AdapterSpec>? adapters = random.Next(3) == 0 ? null : [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomAdapter(usable, random, replicas is null && goes ? addresses : []))];
            var beat = new Probe { Console = "beat", PeriodSeconds = random.Next(1, 3) };
            world.Guests.Add(World.Guest(
                name,
                replicas: replicas,
                image: random.Next(3) switch { 0 => "hello", 1 => "noop", _ => "shared" },
                memory: random.Next(3) == 0 ? null : (long)random.Next(1, 4) * (4 << 20),
                vcpus: random.Next(1, 3),
                restartPolicy: (RestartPolicy)random.Next(3),
                onCrash: (CrashAction)random.Next(4),
                deletionPolicy: policy,
                labels: Enumerable.Range(0, random.Next(3)).ToDictionary(key => $"k{key}", _ => random.Next(3) is var value and < 2 ? value.ToString() : "of ${name}, not $${name}"),
                affinity: random.Next(3) switch { 0 => null, 1 => "0", _ => "0-1,3" },
                cpuPool: random.Next(2),
                commandLine: random.Next(4) switch { 0 => null, 1 => "", 2 => "quiet", _ => "loud" },
                adapters: adapters,
                disks: [.. Enumerable.Range(0, random.Next(3)).Select(disk => RandomDisk(disk, random, replicas is null && goes ? images : []))],
                publish: [.. Enumerable.Range(0, random.Next(3)).Where(_ => ports.Count > 0 && goes).Select(_ => $"{ports.Dequeue()}:{80 + random.Next(2)}")],
                arguments: [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(2) == 0 ? "-v" : "two words")],
                environment: Enumerable.Range(0, random.Next(3)).ToDictionary(key => $"K{key}", _ => random.Next(2).ToString()),
                files: Enumerable.Range(0, random.Next(3)).ToDictionary(file => $"/f{file}", _ => random.Next(2).ToString()),
                type: random.Next(3) switch { 0 => null, 1 => GuestType.Pv, _ => GuestType.Pvh },
                probes: random.Next(3) switch
                {
                    0 => null,
                    1 when adapters is { Count: > 0 } => new GuestProbes { Ready = new Probe { Http = 80, Path = "/" } },
                    _ => new GuestProbes { Live = beat, Ready = beat },
                },
                update: random.Next(2) == 0 ? null : new UpdateSpec { MaxUnavailable = random.Next(1, 3), MinHealthySeconds = 0, DrainSeconds = random.Next(3) },
                dependsOn: [.. world.Guests.Select(guest => guest.Name).Where(_ => random.Next(3) == 0)]));
        }
    }

    private static AdapterSpec RandomAdapter(string[] networks, Random random, Queue<int> addresses)
    {
        string network = networks[random.Next(networks.Length)];
        return World.Adapter(
            network,
            mac: random.Next(4) == 0 && addresses.TryDequeue(out int mac) ? $"02:00:00:00:00:0{mac}" : null,
            address: network == "default" && random.Next(2) == 0 && addresses.TryDequeue(out int address) ? $"10.118.8.{address}" : null,
            rate: random.Next(3) == 0 ? 1 << 20 : 0);
    }

    private static DiskSpec RandomDisk(int disk, Random random, Queue<int> images) =>
        random.Next(3) == 0 ? new DiskSpec { Path = $"/srv/iso-{disk}.img", ReadOnly = true }
        : images.TryDequeue(out int image) ? new DiskSpec { Path = $"/srv/{image}.img", ReadOnly = random.Next(3) == 0 }
        : new DiskSpec { Path = $"/srv/${{name}}-{disk}.img", ReadOnly = random.Next(2) == 0 };

    private static int[] Shuffled(Random random, params int[] numbers)
    {
        random.Shuffle(numbers);
        return numbers;
    }

    private static void Meddle(World world, Random random)
    {
        foreach (Guest guest in world.Host.Guests.ToArray())
        {
            switch (random.Next(8))
            {
                case 0:
                    world.Host.Remove(guest.Id);
                    break;
                case 1:
                    world.Host.SetState(guest.Name, (GuestState)random.Next(6));
                    break;
                case 2:
                    world.Host.SetDevices(guest.Name, adapters: [.. Enumerable.Range(0, random.Next(3)).Select(_ => new AdapterDefinition())]);
                    break;
                case 3:
                    world.Host.SetDevices(guest.Name, disks: [.. Enumerable.Range(0, random.Next(3)).Select(disk => new DiskDefinition { Path = $"/srv/meddled-{guest.Name}-{disk}.img" })]);
                    break;
            }
        }

        string[] taken = ["web-1", "api", "mine"];
        foreach (string name in taken.Where(name => random.Next(3) == 0 && world.Host.Guests.All(guest => guest.Name != name)))
        {
            world.Host.Add(new GuestDefinition { Name = name, Image = "shared", Fleet = random.Next(2) == 0 ? null : "other", Labels = new() { ["k0"] = "0" } });
        }

        if (random.Next(4) == 0 && world.Host.Networks.All(network => network.Name != "mid"))
        {
            world.Host.AddNetwork("mid", new NetworkDefinition { Fleet = random.Next(2) == 0 ? null : "other" });
        }

        if (random.Next(4) == 0 && world.Host.Networks.FirstOrDefault(network => network is { AdapterCount: 0, Fleet: World.Fleet }) is { } gone)
        {
            world.Host.RemoveNetwork(gone.Name);
        }

        if (random.Next(6) == 0)
        {
            world.Host.Forget(World.Fleet);
        }
    }
}
