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
        : this(new HostConnection(endpoint ?? throw new ArgumentNullException(nameof(endpoint)), options ?? new LightVMClientOptions()))
    {
    }

    private LightVMClient(HostConnection connection)
    {
        this.connection = connection;
        Endpoint = connection.Endpoint;
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
        Measurements = new MeasurementsApi(connection);
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

    public MeasurementsApi Measurements { get; }

    public MovesApi Moves { get; }

    public FleetsApi Fleets { get; }

    public CheckpointsApi Checkpoints { get; }

    public ClonesApi Clones { get; }

    /// <summary>
    /// The same connection, for a run that holds a lease: its requests are refused (LeaseLost) once another run may have the fleet. This
    /// client must live as long; disposing the other ends nothing.
    /// </summary>
    public LightVMClient Under(FleetLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return new LightVMClient(connection.Under(lease.Id));
    }

    public void Dispose() => connection.Dispose();

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    public override string ToString() => Endpoint.ToString();
}
