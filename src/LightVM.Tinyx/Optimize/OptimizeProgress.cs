namespace LightVM.Tinyx;

/// <summary>How far the search of <see cref="ImageOptimizer"/> is.</summary>
/// <param name="Step">What is done now.</param>
/// <param name="Decided">Options that are decided.</param>
/// <param name="Total">Of so many.</param>
/// <param name="Remaining">How long it takes yet if nothing fails; null: not known yet.</param>
public sealed record OptimizeProgress(string Step, int Decided, int Total, TimeSpan? Remaining);
