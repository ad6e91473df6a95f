namespace LightVM.Client;

/// <summary>/v1/networks.</summary>
public sealed class NetworksApi
{
    private readonly HostConnection connection;

    internal NetworksApi(HostConnection connection) => this.connection = connection;

    /// <summary>Whether the daemon knows networks at all.</summary>
    public Task<bool> AreSupportedAsync(CancellationToken cancellationToken = default) =>
        connection.Features.HasAsync(HostFeatures.Networks, cancellationToken);

    public async Task<IReadOnlyList<Network>> ListAsync(CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Network> networks = await connection.GetAsync(
            "v1/networks", LightVMJson.Default.IReadOnlyListNetwork, cancellationToken).ConfigureAwait(false);
        foreach (Network network in networks)
        {
            connection.Stamps.On(network);
        }

        return networks;
    }

    /// <exception cref="LightVMException">NetworkNotFound.</exception>
    public async Task<Network> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.GetAsync(Path(name), LightVMJson.Default.Network, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Makes a network; one that is there with the same definition is returned as it is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="definition">What it is to be.</param>
    /// <param name="change">Changes one that is there and differs, instead of failing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">NetworkExists; NetworkInUse: what is to change cannot while adapters are on it. InvalidArgument.</exception>
    public async Task<Network> PutAsync(string name, NetworkDefinition definition, bool change = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Put,
            Path(name) + (change ? "?change=true" : "?change=false"),
            definition,
            LightVMJson.Default.NetworkDefinition,
            LightVMJson.Default.Network,
            cancellationToken).ConfigureAwait(false));
    }

    /// <exception cref="LightVMException">NetworkNotFound, NetworkInUse; InvalidArgument for the network <c>default</c>.</exception>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        await connection.SendAsync(HttpMethod.Delete, Path(name), cancellationToken).ConfigureAwait(false);
    }

    private Task RequireAsync(CancellationToken cancellationToken) => connection.Features.RequireAsync(cancellationToken, HostFeatures.Networks);

    private static string Path(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "v1/networks/" + Uri.EscapeDataString(name);
    }
}
