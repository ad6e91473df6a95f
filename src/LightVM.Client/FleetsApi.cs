namespace LightVM.Client;

/// <summary>/v1/fleets: what the daemon remembers of the fleets that live on its host.</summary>
public sealed class FleetsApi
{
    private readonly HostConnection connection;

    internal FleetsApi(HostConnection connection) => this.connection = connection;

    public Task<IReadOnlyList<Fleet>> ListAsync(CancellationToken cancellationToken = default) =>
        connection.GetAsync("v1/fleets", LightVMJson.Default.IReadOnlyListFleet, cancellationToken);

    /// <summary>The fleet, or null if the host has none of that name.</summary>
    public async Task<Fleet?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.FleetNotFound)
        {
            return null;
        }
    }

    /// <exception cref="LightVMException">FleetNotFound.</exception>
    public Task<Fleet> GetAsync(string name, CancellationToken cancellationToken = default) =>
        connection.GetAsync(Path(name), LightVMJson.Default.Fleet, cancellationToken);

    /// <summary>Records what was applied; the daemon sets the revision, the time and the actor.</summary>
    public Task<Fleet> PutAsync(Fleet fleet, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fleet);
        return connection.SendAsync(
            HttpMethod.Put, Path(fleet.Name), fleet, LightVMJson.Default.Fleet, LightVMJson.Default.Fleet, cancellationToken);
    }

    public Task RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Delete, Path(name), cancellationToken);

    private static string Path(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "v1/fleets/" + Uri.EscapeDataString(name);
    }
}
