using CsCheck;

namespace LightVM.Reconcile.Tests;

/// <summary>Which host has which guest: a pure function.</summary>
public sealed class PlacementTests
{
    private const long MB = 1 << 20;
    private static readonly Dictionary<string, string> None = [];

    [Fact]
    public void Spread_gives_each_host_as_many_of_an_entry()
    {
        IReadOnlyDictionary<string, Placed> placed = Place([Host("a"), Host("b"), Host("c")], [.. Replicas("web", 7)]);
        Assert.Equal([("a", 3), ("b", 2), ("c", 2)], Counts(placed));
    }

    [Fact]
    public void Spread_counts_the_entry_before_the_fleet_before_the_memory()
    {
        Demand[] guests = [.. Replicas("web", 3), .. Replicas("api", 2)];
        IReadOnlyDictionary<string, Placed> placed = Place([Host("a", 100 * MB), Host("b", 200 * MB)], guests);
        Assert.Equal(["b", "a", "b", "a", "b"], guests.Select(guest => placed[guest.Name].HostName));
    }

    [Fact]
    public void Pack_fills_one_host_after_the_other_the_tightest_first()
    {
        Demand[] guests = [.. Replicas("web", 5, new PlacementSpec { Strategy = PlacementStrategy.Pack })];
        IReadOnlyDictionary<string, Placed> placed = Place([Host("a", 100 * MB), Host("b", 9 * MB), Host("c", 13 * MB)], guests);
        Assert.Equal(["b", "b", "c", "c", "c"], guests.Select(guest => placed[guest.Name].HostName));
    }

    [Fact]
    public void A_guest_stays_where_it_is_although_another_host_has_more_room()
    {
        Demand[] guests = [.. Replicas("web", 4, known: "a")];
        Assert.All(Place([Host("a", 0), Host("b")], guests).Values, place => Assert.Equal("a", place.HostName));
    }

    [Fact]
    public void It_stays_on_a_host_that_cannot_be_reached_and_no_other_comes_there()
    {
        Demand[] guests = [.. Replicas("web", 2, known: "a"), .. Replicas("api", 2)];
        IReadOnlyDictionary<string, Placed> placed = Place([Host("a") with { IsReachable = false }, Host("b")], guests);
        Assert.Equal(["a", "a", "b", "b"], guests.Select(guest => placed[guest.Name].HostName));
    }

    [Fact]
    public void It_is_not_made_elsewhere_while_it_may_be_on_a_host_that_cannot_be_reached()
    {
        Placed place = Place([Host("a") with { IsReachable = false }, Host("b")], [.. Replicas("web", 1, new PlacementSpec { Host = "b" }, known: "a")])["web-1"];
        Assert.Equal((null, ErrorCodes.HostUnreachable), (place.HostName, place.Problem!.Code));
    }

    [Fact]
    public void It_leaves_a_host_that_it_may_not_have_any_more()
    {
        var only = new PlacementSpec { Host = "b" };
        Assert.Equal("b", Place([Host("a"), Host("b")], [.. Replicas("web", 1, only, known: "a")])["web-1"].HostName);
        var ssd = new PlacementSpec { HostLabels = new Dictionary<string, string> { ["disk"] = "ssd" } };
        Candidate fast = Host("b") with { Labels = new Dictionary<string, string> { ["disk"] = "ssd" } };
        Assert.Equal("b", Place([Host("a"), fast], [.. Replicas("web", 1, ssd, known: "a")])["web-1"].HostName);
    }

    [Fact]
    public void Guests_with_the_same_label_are_kept_apart_where_that_is_asked()
    {
        var apart = new PlacementSpec { AntiAffinity = ["tier"] };
        Demand[] guests = [.. Replicas("db", 3, apart, labels: new Dictionary<string, string> { ["tier"] = "data" })];
        IReadOnlyDictionary<string, Placed> placed = Place([Host("a"), Host("b")], guests);
        Assert.Equal(["a", "b", null], guests.Select(guest => placed[guest.Name].HostName));
        Assert.Equal(
            (ErrorCodes.PlacementFailed, "No host may have guest 'db-3', which needs 4MB: a has a guest with tier 'data'; b has a guest with tier 'data'."),
            (placed["db-3"].Problem!.Code, placed["db-3"].Problem!.Detail));
    }

    [Fact]
    public void Why_none_may_have_it_is_said_of_each_that_is_meant()
    {
        Demand guest = Replicas("web", 1, memory: 8 * MB).Single();
        string Why(params Candidate[] hosts) => Place(hosts, [guest])["web-1"].Problem!.Detail;
        Assert.Equal(
            "No host may have guest 'web-1', which needs 8MB: a has 4MB left; b has a guest 'web-1' that is not this fleet's; c has no image 'hello'; d cannot be reached.",
            Why(
                Host("a", 4 * MB), Host("b") with { Taken = new HashSet<string> { "web-1" } }, Host("c") with { Lacks = new HashSet<string> { "hello" } },
                Host("d") with { IsReachable = false }));
        Assert.Equal(
            ErrorCodes.HostUnreachable,
            Place([Host("a") with { IsReachable = false }, Host("b")], [guest with { Placement = new PlacementSpec { Host = "a" } }])["web-1"].Problem!.Code);
    }

    [Fact]
    public void For_whatever_hosts_and_guests_there_are_the_rules_hold() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 12], Gen.Int, (hosts, guests, seed) => (hosts, guests, seed)).Sample(
            world =>
            {
                (Candidate[] hosts, Demand[] guests) = Random(world.hosts, world.guests, new Random(world.seed));
                IReadOnlyDictionary<string, Placed> placed = Place(hosts, guests);
                Assert.Equal(guests.Select(guest => guest.Name).Order(StringComparer.Ordinal), placed.Keys.Order(StringComparer.Ordinal));
                foreach (Demand guest in guests)
                {
                    (string? name, Problem? problem) = (placed[guest.Name].HostName, placed[guest.Name].Problem);
                    Assert.Equal(name is null, problem is not null);
                    string[] homes = [.. guest.Known.Where(known => hosts.Any(host => host.Name == known && guest.Placement.Allows(host.Name, host.Labels)))];
                    if (homes.Length > 0)
                    {
                        Assert.Equal(homes[0], name);
                        continue;
                    }

                    if (guest.Known.Any(known => hosts.Any(host => host.Name == known && !host.IsReachable)))
                    {
                        Assert.Null(name);
                    }

                    if (name is null)
                    {
                        continue;
                    }

                    Candidate at = hosts.Single(host => host.Name == name);
                    Assert.True(guest.Placement.Allows(at.Name, at.Labels) && at.IsReachable && !at.Taken.Contains(guest.Name) && !at.Lacks.Contains(guest.Image));
                    foreach (string label in guest.Placement.AntiAffinity)
                    {
                        // Of two that are apart by a label the later one may not have been put beside the earlier one.
                        Assert.DoesNotContain(guests.TakeWhile(other => other != guest), other =>
                            placed[other.Name].HostName == name && other.Labels.GetValueOrDefault(label) is { } value && value == guest.Labels.GetValueOrDefault(label));
                    }
                }

                foreach (Candidate host in hosts)
                {
                    long fresh = guests.Where(guest => placed[guest.Name].HostName == host.Name && !guest.Known.Contains(host.Name)).Sum(guest => guest.Memory);
                    Assert.True(fresh <= Math.Max(host.Memory, 0), $"{host.Name}: {fresh} of {host.Memory}");
                }

                // Once they are where they were placed, nothing moves, whatever else there is: not even when the memory is gone.
                Demand[] settled = [.. guests.Where(guest => placed[guest.Name].HostName is not null).Select(guest => guest with { Known = [placed[guest.Name].HostName!] })];
                IReadOnlyDictionary<string, Placed> again = Place([.. hosts.Select(host => host with { Memory = 0 })], settled);
                Assert.All(settled, guest => Assert.Equal(placed[guest.Name].HostName, again[guest.Name].HostName));
            },
            iter: 3000);

    private static (Candidate[] Hosts, Demand[] Guests) Random(int hosts, int guests, Random random)
    {
        Candidate[] candidates =
        [
            .. Enumerable.Range(0, hosts).Select(i => Host($"h{i}", random.Next(6) * 4 * MB) with
            {
                IsReachable = random.Next(5) > 0,
                Labels = new Dictionary<string, string> { ["zone"] = random.Next(2).ToString() },
                Taken = random.Next(4) == 0 ? new HashSet<string> { $"g{random.Next(6)}" } : new HashSet<string>(),
                Lacks = random.Next(6) == 0 ? new HashSet<string> { "hello" } : new HashSet<string>(),
            }),
        ];
        Demand[] demands =
        [
            .. Enumerable.Range(0, guests).Select(i => new Demand(
                $"g{i}", $"e{i / 3}", "hello", random.Next(1, 4) * 4 * MB, new Dictionary<string, string> { ["tier"] = random.Next(2).ToString() },
                new PlacementSpec
                {
                    Strategy = (PlacementStrategy)random.Next(2),
                    Host = random.Next(6) == 0 ? $"h{random.Next(hosts)}" : null,
                    HostLabels = random.Next(4) == 0 ? new Dictionary<string, string> { ["zone"] = random.Next(2).ToString() } : None,
                    AntiAffinity = random.Next(3) == 0 ? ["tier"] : [],
                },
                random.Next(3) == 0 ? [$"h{random.Next(hosts + 1)}"] : [])),
        ];

        // Those that are placed already come first: what is put beside them is the later one's affair.
        return (candidates, [.. demands.OrderBy(guest => guest.Known.Count == 0)]);
    }

    private static IReadOnlyDictionary<string, Placed> Place(Candidate[] hosts, Demand[] guests) => Placer.Place(hosts, guests);

    private static Candidate Host(string name, long memory = 1000 * MB) => new(name, None, true, memory, new HashSet<string>(), new HashSet<string>());

    private static IEnumerable<Demand> Replicas(
        string entry, int count, PlacementSpec? placement = null, string? known = null, long memory = 4 * MB, Dictionary<string, string>? labels = null) =>
        Enumerable.Range(1, count).Select(number => new Demand($"{entry}-{number}", entry, "hello", memory, labels ?? None, placement ?? new PlacementSpec(), known is null ? [] : [known]));

    private static IEnumerable<(string, int)> Counts(IReadOnlyDictionary<string, Placed> placed) =>
        placed.Values.GroupBy(place => place.HostName!).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => (group.Key, group.Count()));
}
