namespace LightVM.PesterRunner;

/// <summary>One reported line: a test, or a set-up, tear-down or discovery that failed.</summary>
/// <param name="File">Full path of the test file.</param>
/// <param name="Path">Titles from the outermost block down.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Duration">With its BeforeEach and AfterEach.</param>
/// <param name="Messages">Why it failed or was skipped; each may have several lines.</param>
internal sealed record Result(
    string File, IReadOnlyList<string> Path, Outcome Outcome, TimeSpan Duration, IReadOnlyList<string> Messages);
