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

    /// <summary>Records what was applied; the daemon sets the revision, the time and the actor. One that keeps no history is told of no run.</summary>
    /// <exception cref="LightVMException">FleetLocked.</exception>
    public async Task<Fleet> PutAsync(Fleet fleet, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fleet);
        if (fleet.Run is not null && !await connection.Features.HasAsync(HostFeatures.Revisions, cancellationToken).ConfigureAwait(false))
        {
            fleet = new Fleet { Name = fleet.Name, SpecDigest = fleet.SpecDigest, SpecPath = fleet.SpecPath, Guests = fleet.Guests };
        }

        return await connection.SendAsync(
            HttpMethod.Put, Path(fleet.Name), fleet, LightVMJson.Default.Fleet, LightVMJson.Default.Fleet, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>That the daemon remembers a fleet's other hosts.</summary>
    /// <exception cref="LightVMException">FeatureMissing.</exception>
    public Task RequireHostsAsync(CancellationToken cancellationToken = default) =>
        connection.Features.RequireAsync(cancellationToken, HostFeatures.FleetHosts, HostFeatures.Leases);

    /// <summary>The revisions that are kept of a fleet, newest first, without their specs.</summary>
    /// <exception cref="LightVMException">FleetNotFound, FeatureMissing.</exception>
    public async Task<IReadOnlyList<FleetRevision>> ListRevisionsAsync(string name, CancellationToken cancellationToken = default)
    {
        await connection.Features.RequireAsync(cancellationToken, HostFeatures.Revisions).ConfigureAwait(false);
        IReadOnlyList<FleetRevision> revisions = await connection.GetAsync(
            Path(name) + "/revisions", LightVMJson.Default.IReadOnlyListFleetRevision, cancellationToken).ConfigureAwait(false);
        foreach (FleetRevision revision in revisions)
        {
            revision.HostName = connection.HostName;
        }

        return revisions;
    }

    /// <summary>One revision, with what it takes to go back to it.</summary>
    /// <exception cref="LightVMException">FleetNotFound, RevisionNotFound, FeatureMissing.</exception>
    public async Task<FleetRevision> GetRevisionAsync(string name, long revision, CancellationToken cancellationToken = default)
    {
        await connection.Features.RequireAsync(cancellationToken, HostFeatures.Revisions).ConfigureAwait(false);
        FleetRevision found = await connection.GetAsync(
            FormattableString.Invariant($"{Path(name)}/revisions/{revision}"), LightVMJson.Default.FleetRevision, cancellationToken).ConfigureAwait(false);
        found.HostName = connection.HostName;
        return found;
    }

    /// <summary>Takes the right to change a fleet, or renews it. Null: the daemon is of a version that knows no leases.</summary>
    /// <exception cref="LightVMException">FleetLocked: another run has it.</exception>
    public async Task<FleetLease?> TakeLeaseAsync(string name, FleetLeaseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!await connection.Features.HasAsync(HostFeatures.Leases, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        return await connection.SendAsync(
            HttpMethod.Put, Path(name) + "/lease", request, LightVMJson.Default.FleetLeaseRequest, LightVMJson.Default.FleetLease, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a lease up; it need not be held any more.</summary>
    public Task ReleaseLeaseAsync(string name, Guid id, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Delete, $"{Path(name)}/lease/{id}", cancellationToken);

    public Task RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Delete, Path(name), cancellationToken);

    private static string Path(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "v1/fleets/" + Uri.EscapeDataString(name);
    }
}
