namespace LightVM.Toolstack;

/// <summary>What came of asking a guest once.</summary>
/// <param name="Message">What was met, as the rest of a sentence that begins with the question.</param>
internal readonly record struct ProbeAnswer(bool Passed, string Message);
