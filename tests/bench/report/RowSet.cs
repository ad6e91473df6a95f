namespace LightVM.BenchReport;

/// <summary>The rows of all parts, and what bars and charts ask of them.</summary>
internal sealed class RowSet(IEnumerable<BenchRow> rows)
{
    /// <summary>Our own rows, as opposed to the peers'.</summary>
    public const string Ours = "lightvm";

    public const string Spawn = "posix_spawn";

    public IReadOnlyList<BenchRow> Rows { get; } = [.. rows.Where(row => row.Samples.Count > 0)];

    public BenchRow? Find(string bench, string who, int guests, string view = "client") =>
        Rows.FirstOrDefault(row => row.Case == bench && row.Who == who && row.Guests == guests && row.View == view);

    /// <summary>The median of a row, or null if it was not measured.</summary>
    public double? Median(string bench, string who, int guests, string view = "client") => Find(bench, who, guests, view)?.Summary.Median;

    /// <summary>How many guests ran beside what was measured, in rising order.</summary>
    public IReadOnlyList<int> Levels(string bench, string who, string view = "client") =>
        [.. Rows.Where(row => row.Case == bench && row.Who == who && row.View == view).Select(row => row.Guests).Distinct().Order()];

    /// <summary>How often <c>posix_spawn</c> of the same case, beside as many guests, takes that long.</summary>
    public double? InSpawns(string bench, int guests, string view) => Ratio(Median(bench, Ours, guests, view), Median(bench, Spawn, guests));

    /// <summary>How many times as long the peer takes.</summary>
    public double? Faster(string bench, string peer, int guests, string view = "client") =>
        Ratio(Median(bench, peer, guests), Median(bench, Ours, guests, view));

    /// <summary>What it costs beside the most guests up to <paramref name="atMost"/>, in what it costs beside none.</summary>
    public (double Ratio, int Guests)? Growth(string bench, string view, int atMost = int.MaxValue)
    {
        int guests = Levels(bench, Ours, view).Where(level => level <= atMost).DefaultIfEmpty(0).Max();
        return guests > 0 && Ratio(Median(bench, Ours, guests, view), Median(bench, Ours, 0, view)) is { } ratio ? (ratio, guests) : null;
    }

    public static double? Ratio(double? a, double? b) => a is { } x && b is { } y && y > 0 ? x / y : null;
}
