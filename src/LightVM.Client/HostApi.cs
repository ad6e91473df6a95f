namespace LightVM.Client;

/// <summary>/v1/host.</summary>
public sealed class HostApi
{
    private readonly HostConnection connection;

    internal HostApi(HostConnection connection) => this.connection = connection;

    public async Task<Host> GetAsync(CancellationToken cancellationToken = default)
    {
        Host host = await connection.GetAsync("v1/host", LightVMJson.Default.Host, cancellationToken).ConfigureAwait(false);
        host.Name = connection.HostName;
        host.Endpoint = connection.Endpoint.ToString();
        return host;
    }

    /// <summary>The daemon gives up VIRQ_DOM_EXC until it restarts, so that an xenstored can start.</summary>
    public Task ReleaseDomainEventsAsync(CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Post, "v1/host/domain-events/release", cancellationToken);
}
