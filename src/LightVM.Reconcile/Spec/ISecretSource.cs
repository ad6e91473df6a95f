namespace LightVM.Reconcile;

/// <summary>Where secrets come from that a spec names and does not hold.</summary>
public interface ISecretSource
{
    /// <summary>A secret by its name, which is one of <see cref="SecretReferences.IsName"/>.</summary>
    Task<SecretValue> FindAsync(string name, CancellationToken cancellationToken);
}
