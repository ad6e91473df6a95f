using CsCheck;

namespace LightVM.Reconcile.Tests;

/// <summary>Random fleets on random hosts that come, go and are lost: at last each guest is there once, where it may be, and nothing is left to do.</summary>
public sealed class ManyHostsConvergenceTests
{
    private static readonly string[] Names = ["a", "b", "c", "d"];
    private const string Flaky = "b";
    private static readonly string[] Entries = ["web", "db", "api"];

    /// <summary>All hosts stay in the spec: of one that left it while those that stay were away nobody knows.</summary>
    [Fact]
    public void Whatever_happened_on_the_way() => Gen.Int.Sample(seed => RunAsync(seed, onlyOne: false).GetAwaiter().GetResult(), iter: 1000);

    /// <summary>Where the others are there all the time, they know what may be on the one that is not.</summary>
    [Fact]
    public void No_guest_is_made_twice_while_one_host_comes_and_goes() => Gen.Int.Sample(seed => RunAsync(seed, onlyOne: true).GetAwaiter().GetResult(), iter: 1000);

    private static async Task RunAsync(int seed, bool onlyOne)
    {
        var random = new Random(seed);
        var world = new ManyWorld();
        foreach (string name in Names)
        {
            world.Hosts.Add(name);
        }

        world.AddImage(World.Manifest("hello"));
        world.Hosts["d"].AddImage(World.Manifest("hello"));
        Guid theirs = world.Hosts["a"].Add(new GuestDefinition { Name = "theirs", Image = AnImage(world) }).Id;
        var twins = new HashSet<string>(StringComparer.Ordinal);
        for (int round = 0; round < 4; round++)
        {
            Randomize(world, random, onlyOne);
            foreach (ModelHost host in world.Hosts.All.Values.Where(host => !onlyOne || host.HostName == Flaky))
            {
                host.IsUp = random.Next(4) > 0;
                int at = host.Writes.Count + random.Next(1, 6);
                Fault fault = (Fault)random.Next(3);
                host.FaultAt = (_, number) => number == at ? fault : Fault.None;
            }

            try
            {
                await world.ReconcileAsync();
            }
            catch (LightVMException e) when (e.Problem.Code == ErrorCodes.HostUnreachable)
            {
                // No host was there, or the record was lost.
            }

            if (onlyOne)
            {
                AssertNoNewTwins(world, twins);
            }
        }

        foreach (ModelHost host in world.Hosts.All.Values)
        {
            host.IsUp = true;
            host.FaultAt = (_, _) => Fault.None;
        }

        await world.ReconcileAsync();
        await world.ReconcileAsync();
        Plan plan = await world.PlanAsync();
        Assert.False(plan.HasChanges, string.Join("; ", plan.Steps.Where(step => step.Action != PlanAction.NoChange)));
        world.ClearWrites();
        await world.ReconcileAsync();
        Assert.All(world.Hosts.All.Values, host => Assert.Empty(host.Writes));
        string[] guests = [.. world.Hosts.All.Values.SelectMany(host => host.Guests).Where(guest => guest.Fleet == World.Fleet).Select(guest => guest.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(world.Guests.SelectMany(guest => guest.GuestNames).Order(StringComparer.Ordinal), guests);
        foreach (GuestSpec entry in world.Guests.Where(entry => entry.Placement?.Host is not null))
        {
            Assert.All(entry.GuestNames, name => Assert.Contains(world.Hosts[entry.Placement!.Host!].Guests, guest => guest.Name == name));
        }

        Assert.All(
            world.Hosts.All.Values.Where(host => world.Named.All(named => named.Name != host.HostName)),
            host => Assert.DoesNotContain(host.Guests, guest => guest.Fleet == World.Fleet));
        Assert.Contains(world.Hosts["a"].Guests, guest => guest.Id == theirs);
        Assert.All(world.Hosts.All.Values, host => Assert.Empty(host.Leases));
    }

    /// <summary>A guest may come to be on two hosts only when it goes from one that may not have it to another.</summary>
    private static void AssertNoNewTwins(ManyWorld world, HashSet<string> before)
    {
        IGrouping<string, string>[] twins =
        [
            .. world.Hosts.All.Values.SelectMany(host => host.Guests.Where(guest => guest.Fleet == World.Fleet).Select(guest => (guest.Name, host.HostName)))
                .GroupBy(pair => pair.Name, pair => pair.HostName).Where(group => group.Count() > 1),
        ];
        foreach (IGrouping<string, string> twin in twins.Where(twin => !before.Contains(twin.Key)))
        {
            GuestSpec? entry = world.Guests.FirstOrDefault(guest => guest.GuestNames.Contains(twin.Key));
            Assert.True(
                twin.Count(host => world.Named.Any(named => named.Name == host && (entry?.Placement?.Allows(host, named.Labels) ?? true))) <= 1,
                $"{twin.Key} is on {string.Join(", ", twin)}");
        }

        before.Clear();
        before.UnionWith(twins.Select(twin => twin.Key));
    }

    private static string AnImage(ManyWorld world) => world.Hosts["a"].AddImage(World.Manifest("other")).Name;

    private static void Randomize(ManyWorld world, Random random, bool onlyOne)
    {
        world.Named.Clear();
        string[] hosts = [.. Names.Where(name => !onlyOne || name is "a" or Flaky || random.Next(3) > 0)];
        foreach (string host in hosts)
        {
            world.AddHost(host);
        }

        world.Guests.Clear();
        foreach (string name in Entries.Where(_ => random.Next(4) > 0))
        {
            world.AddGuest(
                name,
                replicas: random.Next(4),
                placement: random.Next(3) switch { 0 => new PlacementSpec { Host = hosts[random.Next(hosts.Length)] }, 1 => new PlacementSpec { Strategy = PlacementStrategy.Pack }, _ => null },
                memory: (4 << 20) * random.Next(1, 3),
                update: random.Next(2) == 0 ? new UpdateSpec { MinHealthySeconds = 0 } : null);
        }
    }
}
