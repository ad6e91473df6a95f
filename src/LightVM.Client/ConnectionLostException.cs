namespace LightVM.Client;

/// <summary>There is no connection any more, or none could be made.</summary>
internal sealed class ConnectionLostException(Problem problem, bool wasConnected, Exception inner) : Exception(problem.Detail, inner)
{
    public Problem Problem { get; } = problem;

    /// <summary>True if it broke; false if it could not be made, so that no request has been sent.</summary>
    public bool WasConnected { get; } = wasConnected;

    public LightVMException ToLightVMException() => new(Problem, InnerException);
}
