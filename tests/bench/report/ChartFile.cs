using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace LightVM.BenchReport;

/// <summary>Draws charts as PNG.</summary>
internal static class ChartFile
{
    private const int Width = 900;
    private const int Height = 540;

    /// <returns>The file.</returns>
    public static string Save(Chart chart, string directory)
    {
        using var plot = new Plot();
        plot.Title(chart.Title);
        plot.XLabel(chart.X);
        plot.YLabel(chart.Y);
        foreach (Series line in chart.Lines)
        {
            double[] xs = [.. line.Points.Select(point => point.X)];
            double[] ys = [.. line.Points.Select(point => chart.Logarithmic ? Math.Log10(point.Y) : point.Y)];
            Scatter scatter = plot.Add.Scatter(xs, ys);
            scatter.LegendText = line.Name;
            scatter.LineWidth = 2;
            scatter.MarkerSize = 7;
        }

        if (chart.Logarithmic)
        {
            plot.Axes.Left.TickGenerator = new NumericAutomatic
            {
                IntegerTicksOnly = true,
                MinorTickGenerator = new LogMinorTickGenerator(),
                LabelFormatter = exponent => Math.Pow(10, exponent).ToString("0.###", CultureInfo.InvariantCulture),
            };
            double[] exponents = [.. chart.Lines.SelectMany(line => line.Points).Select(point => Math.Log10(point.Y))];
            plot.Axes.SetLimitsY(Math.Floor(exponents.Min() - 0.1), Math.Ceiling(exponents.Max() + 0.1));
        }
        else
        {
            plot.Axes.SetLimitsY(0, Math.Max(1e-6, chart.Lines.SelectMany(line => line.Points).Max(point => point.Y) * 1.1));
        }

        plot.ShowLegend(Edge.Bottom);
        Directory.CreateDirectory(directory);
        string file = Path.Combine(directory, chart.Name + ".png");
        plot.SavePng(file, Width, Height);
        return file;
    }
}
