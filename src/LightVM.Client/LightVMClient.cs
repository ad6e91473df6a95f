namespace LightVM.Client;

/// <summary>
/// A host's daemon. Connects with the first request, and again when the connection broke; one connection serves all requests over ssh.
/// All members may be used from several threads at once. Failures are <see cref="LightVMException"/>; a canceled token is
/// <see cref="OperationCanceledException"/>. Disposing ends the connection and, over ssh, its process.
/// </summary>
public sealed class LightVMClient : IAsyncDisposable, IDisposable
{
    private readonly HostConnection connection;

    public LightVMClient(HostEndpoint endpoint, LightVMClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Endpoint = endpoint;
        connection = new HostConnection(endpoint, options ?? new LightVMClientOptions());
        Host = new HostApi(connection);
        Images = new ImagesApi(connection);
        Console = new ConsoleApi(connection);
        Events = new EventsApi(connection);
        Operations = new OperationsApi(connection);
        Guests = new GuestsApi(connection, Operations);
        Adapters = new AdaptersApi(connection);
        Disks = new DisksApi(connection);
        Ports = new PortsApi(connection);
        Networks = new NetworksApi(connection);
        Pool = new PoolApi(connection);
        Moves = new MovesApi(connection);
        Fleets = new FleetsApi(connection);
        Checkpoints = new CheckpointsApi(connection, Operations);
        Clones = new ClonesApi(connection, Operations);
    }

    public HostEndpoint Endpoint { get; }

    /// <summary>What this session calls the host; stamped on all that it returns.</summary>
    public string HostName => Endpoint.Name;

    public HostApi Host { get; }

    public ImagesApi Images { get; }

    public GuestsApi Guests { get; }

    public AdaptersApi Adapters { get; }

    public DisksApi Disks { get; }

    public PortsApi Ports { get; }

    public NetworksApi Networks { get; }

    public PoolApi Pool { get; }

    public ConsoleApi Console { get; }

    public EventsApi Events { get; }

    public OperationsApi Operations { get; }

    public MovesApi Moves { get; }

    public FleetsApi Fleets { get; }

    public CheckpointsApi Checkpoints { get; }

    public ClonesApi Clones { get; }

    public void Dispose() => connection.Dispose();

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    public override string ToString() => Endpoint.ToString();
}
