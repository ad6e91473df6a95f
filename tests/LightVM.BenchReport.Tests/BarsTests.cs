namespace LightVM.BenchReport.Tests;

public class BarsTests
{
    private static BenchRow Row(string bench, string who, int guests, string view, double value, string unit = "ms") =>
        new(bench, who, "noop", guests, view, null, unit, [value]);

    private static Bar Find(string what, params BenchRow[] rows) => Bars.Of(new RowSet(rows)).Single(bar => bar.What == what);

    [Fact]
    public void What_was_not_measured_is_neither_met_nor_missed() =>
        Assert.All(Bars.Of(new RowSet([])), bar => Assert.Equal((null, null, "not measured"), (bar.Value, bar.Met, bar.Verdict)));

    [Theory]
    [InlineData(2.5, true)]
    [InlineData(2.51, false)]
    public void A_create_is_measured_in_the_posix_spawn_of_its_own_case(double ms, bool met)
    {
        Bar bar = Find(
            "a cold create, inside lightvmd",
            Row("create", "lightvm", 0, "daemon", ms), Row("create", "posix_spawn", 0, "client", 10), Row("claim", "posix_spawn", 0, "client", 99));
        Assert.Equal(met, bar.Met);
    }

    [Fact]
    public void Xl_is_compared_beside_as_many_guests()
    {
        Bar bar = Find(
            "a cold create (client) is faster than xl create, each beside 200 of its own",
            Row("create", "lightvm", 200, "client", 3), Row("create", "lightvm", 0, "client", 1), Row("create", "xl", 200, "client", 3000), Row("create", "xl", 0, "client", 300));
        Assert.Equal(("1,000 times", true), (bar.Value, bar.Met));
    }

    [Fact]
    public void Growth_is_of_the_most_guests_that_were_measured()
    {
        Bar bar = Find(
            "create (client) beside 2000, in what it costs on an empty host",
            Row("create", "lightvm", 0, "client", 2), Row("create", "lightvm", 500, "client", 2), Row("create", "lightvm", 2000, "client", 3));
        Assert.Equal(("1.5", false), (bar.Value, bar.Met));
    }

    [Fact]
    public void Of_data_more_is_better()
    {
        Bar bar = Find("net-tcp, in the kernel's own back-ends'", Row("net-tcp", "lightvm", 0, "client", 60, "bytes/s"), Row("net-tcp", "xl", 0, "client", 100, "bytes/s"));
        Assert.Equal(("0.6", true), (bar.Value, bar.Met));
    }
}
