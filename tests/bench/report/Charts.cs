namespace LightVM.BenchReport;

/// <summary>The paper's figures 4, 9, 11, 12, 14 and 15, redrawn with what was measured here.</summary>
internal static class Charts
{
    private const string Beside = "guests, containers running";
    private const string Milliseconds = "ms, median";

    /// <summary>Those of which anything was measured.</summary>
    public static IReadOnlyList<Chart> Of(RowSet rows) =>
    [
        .. new[]
        {
            Draw("figure-4", "Starting guests, containers, processes", Milliseconds, true,
            [
                Line(rows, "LightVM, cold", "create", RowSet.Ours), Line(rows, "LightVM, from the pool", "claim", RowSet.Ours),
                Line(rows, "xl", "create", "xl"), Line(rows, "crun", "create", "crun"), Line(rows, "runc", "create", "runc"),
                Line(rows, "posix_spawn", "create", RowSet.Spawn),
            ]),
            Draw("figure-9", "Creation by the way that it takes", Milliseconds, true,
            [
                Line(rows, "xl", "create", "xl"), Line(rows, "xl's process alone", "create", "xl-process"),
                Line(rows, "libxenguest's builder, inside lightvmd", "create-libxenguest", RowSet.Ours, "daemon"),
                Line(rows, "cold, for a client", "create", RowSet.Ours), Line(rows, "cold, inside lightvmd", "create", RowSet.Ours, "daemon"),
                Line(rows, "from the pool, for a client", "claim", RowSet.Ours), Line(rows, "from the pool, inside lightvmd", "claim", RowSet.Ours, "daemon"),
                Line(rows, "clone, inside lightvmd", "clone", RowSet.Ours, "daemon"),
            ]),
            Draw("figure-11", "To service: guests against containers", Milliseconds, true,
            [
                Line(rows, "LightVM, cold: daytime answers over TCP", "daytime", RowSet.Ours), Line(rows, "LightVM, from the pool", "claim-daytime", RowSet.Ours, "service"),
                Line(rows, "xl: daytime answers over TCP", "daytime", "xl"),
                Line(rows, "crun: true has run", "create", "crun"), Line(rows, "runc: true has run", "create", "runc"),
            ]),
            Draw("figure-12a", "Save", Milliseconds, true, [Line(rows, "LightVM", "save", RowSet.Ours), Line(rows, "xl", "save", "xl")]),
            Draw("figure-12b", "Restore", Milliseconds, true,
                [Line(rows, "LightVM", "restore", RowSet.Ours), Line(rows, "xl", "restore", "xl"), Line(rows, "LightVM, a clone", "clone", RowSet.Ours)]),
            Draw("figure-12c", "Migration", Milliseconds, true, [Line(rows, "LightVM", "migrate", RowSet.Ours), Line(rows, "xl", "migrate", "xl")]),
            Draw("figure-14", "Memory of the host, with the guests' own", "MB", false,
            [
                Line(rows, "LightVM, noop", "memory", RowSet.Ours, "total", "noop"), Line(rows, "LightVM, daytime", "memory", RowSet.Ours, "total", "daytime"),
                Line(rows, "xl, noop", "memory", "xl", "total"), Line(rows, "crun, sleep", "memory", "crun", "total"),
            ]),
            Draw("figure-15", "CPU time while all wait for work", "% of one CPU", false,
            [
                Line(rows, "LightVM: both daemons", "idle-cpu", RowSet.Ours, "daemons"), Line(rows, "LightVM: dom0", "idle-cpu", RowSet.Ours, "dom0", "daytime"),
                Line(rows, "LightVM: the guests", "idle-cpu", RowSet.Ours, "guests", "daytime"), Line(rows, "xl: dom0", "idle-cpu", "xl", "dom0"),
                Line(rows, "xl: the guests", "idle-cpu", "xl", "guests"), Line(rows, "crun: dom0", "idle-cpu", "crun", "dom0"),
            ]),
        }.Where(chart => chart.Lines.Count > 0),
    ];

    private static Chart Draw(string name, string title, string y, bool logarithmic, Series[] lines) =>
        new(name, title, Beside, y, logarithmic, [.. lines.Where(line => line.Points.Count > 0)]);

    private static Series Line(RowSet rows, string name, string bench, string who, string view = "client", string? image = null) => new(
        name,
        [
            .. rows.Rows.Where(row => row.Case == bench && row.Who == who && row.View == view && (image is null || row.Image == image))
                .OrderBy(row => row.Guests).Select(row => ((double)row.Guests, row.Summary.Median)),
        ]);
}
