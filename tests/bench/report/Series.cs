namespace LightVM.BenchReport;

/// <summary>One line of a chart, or one dot, if that is all that was measured.</summary>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);
