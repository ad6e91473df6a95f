namespace LightVM.BenchReport;

/// <summary>What is told of samples. All but <see cref="Count"/> are in the samples' unit.</summary>
internal sealed record Summary(int Count, double Median, double LowerQuartile, double UpperQuartile, double P99, double Minimum, double Maximum)
{
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static Summary Of(IReadOnlyList<double> samples)
    {
        if (samples.Count == 0)
        {
            throw new ArgumentException("There is no median of nothing.", nameof(samples));
        }

        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(sorted.Length, median, Ranked(sorted, 25), Ranked(sorted, 75), Ranked(sorted, 99), sorted[0], sorted[^1]);
    }

    /// <summary>The least sample that so many percent of all do not exceed.</summary>
    private static double Ranked(double[] sorted, int percent) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100.0) - 1)];
}
