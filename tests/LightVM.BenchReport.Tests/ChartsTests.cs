namespace LightVM.BenchReport.Tests;

public class ChartsTests
{
    [Fact]
    public void What_was_measured_is_drawn()
    {
        BenchRow[] rows =
        [
            new("create", "lightvm", "noop", 0, "client", null, "ms", [2]),
            new("create", "lightvm", "noop", 500, "client", null, "ms", [2.5]),
            new("create", "xl", "noop", 0, "client", null, "ms", [400]),
        ];
        Chart chart = Charts.Of(new RowSet(rows))[0];
        Assert.Equal("figure-4", chart.Name);
        Assert.Equal(["LightVM, cold", "xl"], chart.Lines.Select(line => line.Name));

        string directory = Directory.CreateTempSubdirectory("bench-charts").FullName;
        try
        {
            byte[] png = File.ReadAllBytes(ChartFile.Save(chart, directory));
            Assert.Equal("PNG"u8.ToArray(), png[1..4]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
