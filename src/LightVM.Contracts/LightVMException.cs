namespace LightVM;

/// <summary>A failure a user can meet, as a problem document. Daemon, client and cmdlets all speak of failures by this one type.</summary>
public sealed class LightVMException : Exception
{
    public LightVMException(Problem problem, Exception? inner = null)
        : base(problem.Detail, inner) => Problem = problem;

    public LightVMException(string code, string detail, string? target = null, string? recommendation = null, Exception? inner = null)
        : this(new Problem { Code = code, Detail = detail, Target = target, Recommendation = recommendation }, inner)
    {
    }

    public Problem Problem { get; }

    /// <summary>Of SpecInvalid: all that is wrong with the file, sorted by position; else empty.</summary>
    public IReadOnlyList<SpecFinding> Findings { get; init; } = [];
}
