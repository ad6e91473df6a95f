namespace LightVM.BenchReport;

/// <summary>Every bar that the project has set itself. Computed, never typed.</summary>
internal static class Bars
{
    private const string SpawnUnit = " posix_spawn";
    private const string Times = " times";

    public static IReadOnlyList<Bar> Of(RowSet rows) => [.. Starts(rows), .. Flat(rows), .. Many(rows), .. Movers(rows), .. Data(rows)];

    private static IEnumerable<Bar> Starts(RowSet rows)
    {
        yield return Bar.AtMost("a claim from the pool, inside lightvmd", rows.InSpawns("claim", 0, "daemon"), 0.1, SpawnUnit);
        yield return Bar.AtMost("a cold create, inside lightvmd", rows.InSpawns("create", 0, "daemon"), 0.25, SpawnUnit);
        yield return Bar.AtMost("a claim, as a client sees it", rows.InSpawns("claim", 0, "client"), 0.2, SpawnUnit);
        yield return Bar.AtMost("a cold create, as a client sees it", rows.InSpawns("create", 0, "client"), 0.4, SpawnUnit);
        foreach ((int guests, double limit) in new[] { (0, 200.0), (200, 1000.0) })
        {
            string beside = guests == 0 ? "on an empty host" : $"each beside {guests} of its own";
            foreach (string view in new[] { "daemon", "client" })
            {
                yield return Bar.AtLeast($"a cold create ({view}) is faster than xl create, {beside}", rows.Faster("create", "xl", guests, view), limit, Times);
            }
        }
    }

    private static IEnumerable<Bar> Flat(RowSet rows)
    {
        foreach ((string bench, int atMost) in new[] { ("create", int.MaxValue), ("claim", int.MaxValue), ("save", 500), ("restore", 500) })
        {
            foreach (string view in new[] { "daemon", "client" })
            {
                (double Ratio, int Guests)? growth = rows.Growth(bench, view, atMost);
                string beside = growth is { } known ? $" beside {known.Guests}" : "";
                yield return Bar.AtMost($"{bench} ({view}){beside}, in what it costs on an empty host", growth?.Ratio, 1.3, "");
            }
        }
    }

    private static IEnumerable<Bar> Many(RowSet rows)
    {
        BenchRow? answered = rows.Rows.Where(row => row is { Case: "bulk", View: "answered" }).MaxBy(row => row.Guests);
        BenchRow? removed = rows.Rows.Where(row => row is { Case: "bulk", View: "removed", Image: "daytime" }).MaxBy(row => row.Guests);
        yield return Bar.AtLeast("guests of one host that run and answer", answered?.Summary.Median, 2000, "");
        yield return Bar.AtLeast("of them removed in one call", removed?.Summary.Median, 2000, "");
        double? idle = rows.Median("idle-cpu", RowSet.Ours, 500, "daemons");
        yield return Bar.AtMost("both daemons, beside 500 idle guests", idle, 1, " % of one CPU");
        double? Fleet(string view) => rows.Rows.FirstOrDefault(row => row.Case == "fleet" && row.View == view)?.Summary.Median;
        yield return Bar.AtMost("a fleet on two hosts reconciled again, in its first run", RowSet.Ratio(Fleet("again"), Fleet("first")), 0.1, "");
        yield return Bar.AtMost("Get-LightVM of all its guests, in the API's own answer", RowSet.Ratio(Fleet("get"), Fleet("raw")), 3, "");
    }

    private static IEnumerable<Bar> Movers(RowSet rows)
    {
        yield return Bar.AtLeast("save is faster than xl save of the same guest", rows.Faster("save", "xl", 0), 5, Times);
        yield return Bar.AtLeast("restore is faster than xl restore of the same guest", rows.Faster("restore", "xl", 0), 25, Times);
        double? clone = RowSet.Ratio(rows.Median("clone", RowSet.Ours, 0, "daemon"), rows.Median("claim", RowSet.Ours, 0, "daemon"));
        yield return Bar.AtMost("a clone from a prepared checkpoint, in claims", clone, 2, "");
        yield return Bar.AtLeast("migration is faster than xl's of the same guest", rows.Faster("migrate", "xl", 0), 5, Times);
    }

    /// <summary>Here more is better: bytes and echoes a second, in what xl's guests have through the kernel's back-ends.</summary>
    private static IEnumerable<Bar> Data(RowSet rows)
    {
        (string Case, double Limit)[] limits =
            [
                ("net-tcp", 0.5), ("net-ping", 0.5), ("guest-tcp", 1), ("guest-ping", 1),
                ("disk-read", 0.8), ("disk-write", 0.8), ("loop-read", 0.8), ("loop-write", 0.8), ("file-read", 0.8), ("file-write", 0.8),
            ];
        foreach ((string bench, double limit) in limits)
        {
            double? ratio = RowSet.Ratio(rows.Median(bench, RowSet.Ours, 0), rows.Median(bench, "xl", 0));
            yield return Bar.AtLeast($"{bench}, in the kernel's own back-ends'", ratio, limit, "");
        }
    }
}
