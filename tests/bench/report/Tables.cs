namespace LightVM.BenchReport;

/// <summary>The blocks of docs/benchmarks.md: <c>headline</c>, <c>runs</c>, <c>bars</c>, <c>phases</c>, <c>data</c>, and one for each case.</summary>
internal sealed class Tables(IReadOnlyDictionary<string, BenchPart> parts)
{
    private readonly RowSet _rows = new(parts.Values.SelectMany(part => part.Rows));

    /// <summary>What a block holds, or null if nothing of it was measured.</summary>
    public string? Of(string block) => block switch
    {
        "runs" => Runs(),
        "headline" => Headline(),
        "bars" => BarTable(Bars.Of(_rows)),
        "phases" => Phases(),
        "data" => Data(),
        _ => Case(block),
    };

    internal static string BarTable(IEnumerable<Bar> bars) => Text.Table(
        ["what", "bar", "measured", ""],
        [.. bars.Select(bar => (IReadOnlyList<string>)[bar.What, bar.Limit, bar.Value ?? "", bar.Verdict])]);

    /// <summary>Which parts belong together: those of one lab and day measured the same thing.</summary>
    private string? Runs()
    {
        if (parts.Count == 0)
        {
            return null;
        }

        IEnumerable<string> runs = parts.GroupBy(part => part.Value.Run).Select(group =>
            $"- {string.Join(", ", group.Select(part => part.Key))}: commit {group.Key.Commit}, {group.Key.Date}; {group.Key.Machine}; "
            + $"lab of {group.Key.Lab}, {group.Key.Accelerator}; {group.Key.Versions}");
        return string.Join('\n', runs);
    }

    /// <summary>The figures that say most, in ms, beside each other; lines of which nothing was measured are left out.</summary>
    private string? Headline()
    {
        (string What, string Case, string Who, string View)[] lines =
        [
            ("`posix_spawn` of a static binary in dom0: the unit", "create", RowSet.Spawn, "client"),
            ("a claim from the pool, inside lightvmd", "claim", RowSet.Ours, "daemon"),
            ("a claim, as a client on an open connection sees it", "claim", RowSet.Ours, "client"),
            ("a cold create, inside lightvmd", "create", RowSet.Ours, "daemon"),
            ("a cold create, as a client sees it", "create", RowSet.Ours, "client"),
            ("`daytime`, cold, to its answer over TCP", "daytime", RowSet.Ours, "client"),
            ("`daytime`, from the pool, to its answer", "claim-daytime", RowSet.Ours, "service"),
            ("a removal", "destroy", RowSet.Ours, "client"),
            ("save, of `daytime`", "save", RowSet.Ours, "client"),
            ("restore", "restore", RowSet.Ours, "client"),
            ("a clone of a checkpoint, from the pool", "clone", RowSet.Ours, "client"),
            ("a clone of a checkpoint, cold", "clone-cold", RowSet.Ours, "client"),
            ("a migration", "migrate", RowSet.Ours, "client"),
            ("`crun run` of `true`", "create", "crun", "client"),
            ("`runc run` of `true`", "create", "runc", "client"),
            ("`xl create` of the same image", "create", "xl", "client"),
            ("`xl create` of `daytime`, to its answer", "daytime", "xl", "client"),
            ("`xl save`", "save", "xl", "client"),
            ("`xl restore`", "restore", "xl", "client"),
            ("xl's migration", "migrate", "xl", "client"),
        ];
        int[] levels = [.. lines.SelectMany(line => _rows.Levels(line.Case, line.Who, line.View)).Distinct().Order()];
        IReadOnlyList<IReadOnlyList<string>> cells = [.. lines.Where(line => _rows.Levels(line.Case, line.Who, line.View).Count > 0)
            .Select(line => (IReadOnlyList<string>)[line.What, .. levels.Select(level => Optional(_rows.Median(line.Case, line.Who, level, line.View)))])];
        return cells.Count == 0 ? null : Text.Table(["ms, medians; others of its kind running:", .. levels.Select(level => level.ToString())], cells);
    }

    private string? Case(string bench)
    {
        IReadOnlyList<BenchRow> rows =
            [.. _rows.Rows.Where(row => row.Case == bench && row.View != "phase").OrderBy(row => row.Guests).ThenBy(row => row.Unit != "ms")];
        if (rows.Count == 0)
        {
            return null;
        }

        // Figures of one sample each (CPU time, memory, rates) are told beside each other.
        return rows.Any(row => row.Unit == "ms" && row.Samples.Count > 1)
            ? Text.Table(["who", "image", "beside", "view", "n", "median ms", "p99", "quartiles", "x spawn", "xl is x"], [.. rows.Where(row => row.Unit == "ms").Select(Timed)])
            : Figures(rows);
    }

    /// <summary>A column for each number of guests.</summary>
    private static string Figures(IReadOnlyList<BenchRow> rows)
    {
        IReadOnlyList<int> levels = [.. rows.Select(row => row.Guests).Distinct().Order()];
        return Text.Table(
            ["who", "image", "view", "unit", .. levels.Select(level => $"{level} guests")],
            [.. rows.GroupBy(row => (row.Who, row.Image, row.View, row.Unit)).OrderBy(group => group.Key.Who == RowSet.Ours ? 0 : 1).ThenBy(group => group.Key.Image, StringComparer.Ordinal)
                .Select(group => (IReadOnlyList<string>)
                [
                    group.Key.Who, group.Key.Image, group.Key.View, group.Key.Unit,
                    .. levels.Select(level => Optional(group.FirstOrDefault(row => row.Guests == level)?.Summary.Median)),
                ])]);
    }

    private IReadOnlyList<string> Timed(BenchRow row)
    {
        Summary summary = row.Summary;
        string suffix = row.Who.EndsWith("+xs", StringComparison.Ordinal) ? "+xs" : "";
        double? spawn = RowSet.Ratio(summary.Median, _rows.Median(row.Case, RowSet.Spawn + suffix, row.Guests) ?? _rows.Median(row.Case, RowSet.Spawn, row.Guests));
        double? xl = RowSet.Ratio(_rows.Median(row.Case, "xl", row.Guests), summary.Median);
        return
        [
            row.Who, row.Image, row.Guests.ToString(), row.View, summary.Count.ToString(), Text.Number(summary.Median), Text.Number(summary.P99),
            $"{Text.Number(summary.LowerQuartile)}..{Text.Number(summary.UpperQuartile)}", Optional(spawn), Optional(xl),
        ];
    }

    /// <summary>A column for each case and level, a line for each phase.</summary>
    private string? Phases()
    {
        IReadOnlyList<BenchRow> rows = [.. _rows.Rows.Where(row => row.View == "phase")];
        if (rows.Count == 0)
        {
            return null;
        }

        IReadOnlyList<string> tables = [.. rows.GroupBy(row => row.Case).Select(group =>
        {
            IReadOnlyList<int> levels = [.. group.Select(row => row.Guests).Distinct().Order()];
            IReadOnlyList<string> phases = [.. group.Select(row => row.Phase ?? "").Distinct()];
            return Text.Table(
                [$"{group.Key}, us", .. levels.Select(level => $"beside {level}")],
                [.. phases.Select(phase => (IReadOnlyList<string>)
                    [phase, .. levels.Select(level => Optional(group.FirstOrDefault(row => row.Guests == level && row.Phase == phase)?.Summary.Median * 1000))])]);
        })];
        return string.Join("\n\n", tables);
    }

    private string? Data()
    {
        string[] cases = ["net-tcp", "net-ping", "guest-tcp", "guest-ping", "disk-read", "disk-write", "loop-read", "loop-write", "file-read", "file-write"];
        IReadOnlyList<IReadOnlyList<string>> lines = [.. cases.Select(bench => (Case: bench, Ours: _rows.Find(bench, RowSet.Ours, 0), Xl: _rows.Find(bench, "xl", 0)))
            .Where(pair => pair.Ours is not null && pair.Xl is not null)
            .Select(pair => (IReadOnlyList<string>)
            [
                pair.Case, Text.Number(pair.Ours!.Summary.Median), Text.Number(pair.Xl!.Summary.Median), pair.Ours.Unit,
                Text.Number(pair.Ours.Summary.Median / pair.Xl.Summary.Median), Range(pair.Ours), Range(pair.Xl),
            ])];
        return lines.Count == 0 ? null : Text.Table(["case", "lightvm", "xl", "unit", "ratio", "lightvm min..max", "xl min..max"], lines);
    }

    private static string Range(BenchRow row) => $"{Text.Number(row.Summary.Minimum)}..{Text.Number(row.Summary.Maximum)}";

    private static string Optional(double? value) => value is { } number ? Text.Number(number) : "";
}
