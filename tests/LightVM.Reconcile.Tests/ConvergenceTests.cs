namespace LightVM.Reconcile.Tests;

/// <summary>Random specs on random hosts: applying a plan leaves an empty plan, whatever happened on the way.</summary>
public sealed class ConvergenceTests
{
    private const int Cases = 400;
    private static readonly string[] OwnImages = ["hello", "noop"];
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

            (FleetPlan plan, IReadOnlyList<ReconcileResult> results) = await world.ReconcileAsync();

            Assert.Equal(plan.Plan.Steps.Select(step => (step.Kind, step.Name, step.Action)), results.Select(result => (result.Kind, result.Name, result.Action)));
            Assert.All(plan.Plan.Steps, step => Assert.Equal(
                step.Action is PlanAction.Update or PlanAction.Restart or PlanAction.Replace, step.Changes.Count > 0 && step.Action != PlanAction.Blocked));
            AssertConverged(world, theirs, await world.PlanAsync(), $"seed {seed}, case {i}");
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
            AssertConverged(world, theirs, await world.PlanAsync(), $"seed {seed}, case {i}");
        }
    }

    private static Dictionary<Guid, Guest> Theirs(World world) =>
        world.Host.Guests.Where(guest => guest.Fleet != World.Fleet).ToDictionary(guest => guest.Id);

    private static void AssertConverged(World world, Dictionary<Guid, Guest> theirs, Plan plan, string which)
    {
        Assert.True(plan.Steps.All(step => step.Action is PlanAction.NoChange or PlanAction.Blocked), $"{which}: {string.Join("; ", plan.Steps)}");
        Assert.All(theirs, pair => Assert.Same(pair.Value, world.Host.Guests.Single(guest => guest.Id == pair.Key)));
        Guest[] ours = [.. world.Host.Guests.Where(guest => !theirs.ContainsKey(guest.Id))];
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

    private static void Randomize(World world, Random random)
    {
        world.Host.AddImage(World.Manifest("shared", content: random.Next(2).ToString()));
        foreach (string image in OwnImages)
        {
            world.AddImage(World.Manifest(image, content: random.Next(3).ToString(), commandLine: random.Next(2) == 0 ? "" : "quiet"));
        }

        world.Guests.Clear();
        foreach (string name in Names.Where(_ => random.Next(3) > 0))
        {
            world.Guests.Add(World.Guest(
                name,
                replicas: random.Next(3) == 0 ? null : random.Next(4),
                image: random.Next(3) switch { 0 => "hello", 1 => "noop", _ => "shared" },
                memory: random.Next(3) == 0 ? null : (long)random.Next(1, 4) * (4 << 20),
                vcpus: random.Next(1, 3),
                restartPolicy: (RestartPolicy)random.Next(3),
                onCrash: (CrashAction)random.Next(4),
                labels: Enumerable.Range(0, random.Next(3)).ToDictionary(key => $"k{key}", _ => random.Next(2).ToString()),
                affinity: random.Next(3) switch { 0 => null, 1 => "0", _ => "0-1,3" },
                cpuPool: random.Next(2),
                commandLine: random.Next(4) switch { 0 => null, 1 => "", 2 => "quiet", _ => "loud" }));
        }
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
            }
        }

        string[] taken = ["web-1", "api", "mine"];
        foreach (string name in taken.Where(name => random.Next(3) == 0 && world.Host.Guests.All(guest => guest.Name != name)))
        {
            world.Host.Add(new GuestDefinition { Name = name, Image = "shared", Fleet = random.Next(2) == 0 ? null : "other", Labels = new() { ["k0"] = "0" } });
        }

        if (random.Next(6) == 0)
        {
            world.Host.Forget(World.Fleet);
        }
    }
}
