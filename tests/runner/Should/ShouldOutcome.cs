namespace LightVM.PesterRunner;

/// <summary>Null message: the expectation was met.</summary>
internal sealed record ShouldOutcome(string? Message, object? PassThru = null)
{
    /// <summary>The error id of an expectation that was not met, as Pester's is.</summary>
    public const string ErrorId = "PesterAssertionFailed";

    public static ShouldOutcome Success { get; } = new((string?)null);
}
