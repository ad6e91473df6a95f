namespace LightVM.Client;

/// <summary>/v1/pool: shells that a host keeps ready.</summary>
public sealed class PoolApi
{
    private readonly HostConnection connection;

    internal PoolApi(HostConnection connection) => this.connection = connection;

    /// <summary>Whether the daemon has a pool at all.</summary>
    public Task<bool> IsSupportedAsync(CancellationToken cancellationToken = default) =>
        connection.Features.HasAsync(HostFeatures.Pool, cancellationToken);

    public async Task<Pool> GetAsync(CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.GetAsync("v1/pool", LightVMJson.Default.Pool, cancellationToken).ConfigureAwait(false));
    }

    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public async Task<Pool> ChangeAsync(PoolChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Patch, "v1/pool", change, LightVMJson.Default.PoolChange, LightVMJson.Default.Pool, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Has so many shells of an image kept ready; a count of 0 ends it.</summary>
    /// <exception cref="LightVMException">ImageNotFound, InvalidArgument.</exception>
    public async Task<PoolFlavour> PutAsync(string image, PoolFlavourDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Put,
            Path(image),
            definition,
            LightVMJson.Default.PoolFlavourDefinition,
            LightVMJson.Default.PoolFlavour,
            cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Has so many shells of a checkpoint kept ready, for clones of it; a count of 0 ends it.</summary>
    /// <exception cref="LightVMException">CheckpointNotFound, InvalidArgument.</exception>
    public async Task<PoolFlavour> PutCheckpointAsync(string checkpoint, int count, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        await connection.Features.RequireAsync(cancellationToken, HostFeatures.Pool, HostFeatures.CloneShells).ConfigureAwait(false);
        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Put,
            "v1/pool/checkpoints/" + Uri.EscapeDataString(checkpoint),
            new PoolFlavourDefinition { Count = count },
            LightVMJson.Default.PoolFlavourDefinition,
            LightVMJson.Default.PoolFlavour,
            cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Keeps no shells of an image any more, of whatever kind. There may be none.</summary>
    public async Task RemoveAsync(string image, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        await connection.SendAsync(HttpMethod.Delete, Path(image), cancellationToken).ConfigureAwait(false);
    }

    private Task RequireAsync(CancellationToken cancellationToken) => connection.Features.RequireAsync(cancellationToken, HostFeatures.Pool);

    private static string Path(string image)
    {
        ArgumentException.ThrowIfNullOrEmpty(image);
        return "v1/pool/flavours/" + Uri.EscapeDataString(image);
    }
}
