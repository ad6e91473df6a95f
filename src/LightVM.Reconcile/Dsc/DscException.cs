namespace LightVM.Reconcile.Dsc;

/// <summary>Several things that failed at once.</summary>
public sealed class DscException(IReadOnlyList<Problem> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<Problem> Problems { get; } = problems;
}
