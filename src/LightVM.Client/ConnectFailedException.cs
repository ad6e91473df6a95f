namespace LightVM.Client;

/// <summary>Thrown through SocketsHttpHandler: it wraps what its ConnectCallback throws, and this is found again by type.</summary>
internal sealed class ConnectFailedException(Problem problem, Exception? inner) : IOException(problem.Detail, inner)
{
    public Problem Problem { get; } = problem;
}
