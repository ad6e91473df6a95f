namespace LightVM.Client;

/// <summary>/v1/moves: the steps of a move, on either host. <see cref="GuestMove"/> takes them in their order; alone they are for repairs.</summary>
public sealed class MovesApi
{
    private readonly HostConnection connection;

    internal MovesApi(HostConnection connection) => this.connection = connection;

    /// <exception cref="LightVMException">FeatureMissing.</exception>
    public Task RequireAsync(CancellationToken cancellationToken = default) =>
        connection.Features.RequireAsync(cancellationToken, HostFeatures.Moves);

    /// <summary>What a destination has to know of a guest.</summary>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, MoveInDoubt.</exception>
    public async Task<MoveOffer> OfferAsync(Guid guest, CancellationToken cancellationToken = default) =>
        await connection.GetAsync($"v1/guests/{guest}/move", LightVMJson.Default.MoveOffer, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether this host could take a guest.</summary>
    /// <exception cref="LightVMException">Why not.</exception>
    public Task<MoveVerdict> CheckAsync(MoveCheck check, CancellationToken cancellationToken = default) => connection.SendAsync(
        HttpMethod.Post, "v1/moves/check", check, LightVMJson.Default.MoveCheck, LightVMJson.Default.MoveVerdict, cancellationToken);

    /// <summary>Source: the guest is that host's no more.</summary>
    /// <exception cref="LightVMException">MoveNotFound: it goes on there.</exception>
    public Task<MoveToken> GiveUpAsync(Guid move, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Post, $"v1/moves/{move}/give-up", LightVMJson.Default.MoveToken, cancellationToken);

    /// <summary>Destination: the guest is that host's, and runs.</summary>
    /// <exception cref="LightVMException">MoveNotFound, MoveInDoubt, DiskInUse and others: it does not run there.</exception>
    public async Task<Guest> StartAsync(Guid move, MoveStart start, CancellationToken cancellationToken = default) => connection.Stamps.On(
        await connection.SendAsync(
            HttpMethod.Post, $"v1/moves/{move}/start", start, LightVMJson.Default.MoveStart, LightVMJson.Default.Guest, cancellationToken).ConfigureAwait(false));

    /// <summary>Source: it runs at the destination, and is forgotten.</summary>
    public Task CompleteAsync(Guid move, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Post, $"v1/moves/{move}/complete", cancellationToken);

    /// <summary>Destination: the source knows.</summary>
    public Task SettleAsync(Guid move, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Post, $"v1/moves/{move}/settle", cancellationToken);

    /// <summary>Source: the destination will never start it; it goes on there.</summary>
    /// <exception cref="LightVMException">MoveNotFound, MoveInDoubt.</exception>
    public async Task<Guest> TakeBackAsync(Guid move, CancellationToken cancellationToken = default) => connection.Stamps.On(
        await connection.SendAsync(HttpMethod.Post, $"v1/moves/{move}/take-back", LightVMJson.Default.Guest, cancellationToken).ConfigureAwait(false));

    /// <summary>Calls a move off, on either host.</summary>
    /// <exception cref="LightVMException">MoveNotFound; MoveInDoubt: it has gone too far.</exception>
    public Task AbortAsync(Guid move, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Delete, $"v1/moves/{move}", cancellationToken);

    /// <summary>The guest's bytes begin to come with this.</summary>
    internal async Task<MoveStream> OpenSendAsync(Guid move, Guest guest, string peer, CancellationToken cancellationToken)
    {
        string uri = $"v1/moves/{move}/send?guest={guest.Id}&peer={Uri.EscapeDataString(peer)}";
        return Wrap(await connection.OpenWebSocketAsync(uri, cancellationToken).ConfigureAwait(false), guest);
    }

    internal async Task<MoveStream> OpenReceiveAsync(Guid move, Guest guest, string peer, GuestMoveOptions options, CancellationToken cancellationToken)
    {
        string uri = $"v1/moves/{move}/receive?peer={Uri.EscapeDataString(peer)}&acceptNewAddress={Text(options.AcceptNewAddress)}&sharedDisks={Text(options.SharedDisks)}";
        return Wrap(await connection.OpenWebSocketAsync(uri, cancellationToken).ConfigureAwait(false), guest);
    }

    private static string Text(bool value) => value ? "true" : "false";

    private MoveStream Wrap(System.Net.WebSockets.WebSocket socket, Guest guest) => new(socket, connection.Endpoint, $"the move of guest '{guest.Name}'");
}
