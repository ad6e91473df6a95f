namespace LightVM.PesterRunner;

/// <summary>How a test ended.</summary>
internal enum Outcome
{
    Passed,
    Failed,
    Skipped,
    Inconclusive,
}
