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
            Assert.Empty(world.Host.Writes);
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

    private static string[] TheirNetworks(World world) =>
        [.. world.Host.Networks.Where(network => network.Fleet != World.Fleet).Select(network => $"{network.Name} {network.Mtu} {network.Id}").Order(StringComparer.Ordinal)];

    private static Dictionary<Guid, Guest> Theirs(World world) =>
        world.Host.Guests.Where(guest => guest.Fleet != World.Fleet).ToDictionary(guest => guest.Id);

    private static void AssertConverged(World world, Dictionary<Guid, Guest> theirs, Plan plan, string which)
    {
        Assert.True(plan.Steps.All(step => step.Action is PlanAction.NoChange or PlanAction.Blocked), $"{which}: {string.Join("; ", plan.Steps)}");
        Assert.All(theirs, pair => Assert.Same(pair.Value, world.Host.Guests.Single(guest => guest.Id == pair.Key)));
        // A guest that was let go is of no fleet, and was to be.
        Guest[] ours = [.. world.Host.Guests.Where(guest => !theirs.ContainsKey(guest.Id) && (guest.Fleet is not null || guest.DeletionPolicy == DeletionPolicy.Delete))];
        Assert.Equal(ours.Length, ours.DistinctBy(guest => guest.Name).Count());
        string[] blocked = [.. plan.Steps.Where(step => step.Action == PlanAction.Blocked).Select(step => step.Name)];
        Assert.Equal(
            world.Guests.SelectMany(guest => guest.GuestNames).Where(name => !blocked.Contains(name) || ours.Any(guest => guest.Name == name)).Order(StringComparer.Ordinal),
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
        foreach (string name in NetworkNames.Where(_ => random.Next(3) > 0))
        {
            world.Networks.Add(random.Next(5) == 0
                ? World.Network(name, bridge: "br0", vlan: random.Next(2), trusted: random.Next(2) == 0, mtu: random.Next(2) == 0 ? 1500 : 9000)
                : World.Network(
                    name, subnet: random.Next(3) == 0 ? null : $"10.{random.Next(1, 3)}.0.0/16", subnet6: random.Next(3) switch { 0 => null, 1 => "", _ => "fd00:1::/64" },
                    mtu: random.Next(2) == 0 ? 1500 : 9000, dhcp: random.Next(2) == 0, nat: random.Next(2) == 0, isolated: random.Next(2) == 0));
        }

        string[] usable = ["default", .. world.Networks.Select(network => network.Name)];
        world.Guests.Clear();
        foreach (string name in Names.Where(_ => random.Next(3) > 0))
        {
            IReadOnlyList<AdapterSpec>? adapters = random.Next(3) == 0 ? null : [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomAdapter(usable, random))];
            var beat = new Probe { Console = "beat", PeriodSeconds = random.Next(1, 3) };
            world.Guests.Add(World.Guest(
                name,
                replicas: random.Next(3) == 0 ? null : random.Next(4),
                image: random.Next(3) switch { 0 => "hello", 1 => "noop", _ => "shared" },
                memory: random.Next(3) == 0 ? null : (long)random.Next(1, 4) * (4 << 20),
                vcpus: random.Next(1, 3),
                restartPolicy: (RestartPolicy)random.Next(3),
                onCrash: (CrashAction)random.Next(4),
                deletionPolicy: (DeletionPolicy)random.Next(3),
                labels: Enumerable.Range(0, random.Next(3)).ToDictionary(key => $"k{key}", _ => random.Next(3) is var value and < 2 ? value.ToString() : "of ${name}, not $${name}"),
                affinity: random.Next(3) switch { 0 => null, 1 => "0", _ => "0-1,3" },
                cpuPool: random.Next(2),
                commandLine: random.Next(4) switch { 0 => null, 1 => "", 2 => "quiet", _ => "loud" },
                adapters: adapters,
                disks: [.. Enumerable.Range(0, random.Next(3)).Select(disk => new DiskSpec { Path = $"/srv/{disk}.img", ReadOnly = random.Next(2) == 0 })],
                publish: [.. Enumerable.Range(0, random.Next(3)).Select(port => $"{8080 + port}:{80 + random.Next(2)}")],
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

    private static AdapterSpec RandomAdapter(string[] networks, Random random)
    {
        string network = networks[random.Next(networks.Length)];
        return World.Adapter(
            network, address: network == "default" && random.Next(2) == 0 ? $"10.118.8.{random.Next(1, 4)}" : null, rate: random.Next(3) == 0 ? 1 << 20 : 0);
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
                    world.Host.SetDevices(guest.Name, disks: [.. Enumerable.Range(0, random.Next(3)).Select(disk => new DiskDefinition { Path = $"/srv/{disk}.img" })]);
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
