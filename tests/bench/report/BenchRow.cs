namespace LightVM.BenchReport;

/// <summary>The samples of one thing that was measured, as lightvm-bench and data-plane.sh write them.</summary>
/// <param name="Guests">How many others ran meanwhile.</param>
/// <param name="Phase">Of the view "phase"; else null.</param>
internal sealed record BenchRow(
    string Case, string Who, string Image, int Guests, string View, string? Phase, string Unit, IReadOnlyList<double> Samples)
{
    /// <summary>What a table shows of it.</summary>
    public Summary Summary => Summary.Of(Samples);
}
