using LightVM.Daemon.Http;
using LightVM.Toolstack;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/moves: the steps of a move, on either host. docs/migration.md says who asks for which when.</summary>
internal sealed class MoveEndpoints(IGuestMoves moves, CancellationToken stopping)
{
    private const int LongestPeer = 255;

    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/guests/{idOrName}/move", OfferAsync, new("offerMove", "What a destination has to know of a guest before it is moved.")
        {
            Responses = [(200, LightVMJson.Default.MoveOffer)],
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.InvalidState, ErrorCodes.MoveInDoubt],
        });
        routes.Map("POST", "/v1/moves/check", CheckAsync, new("checkMove", "Whether this host could take a guest; changes nothing.")
        {
            Request = LightVMJson.Default.MoveCheck,
            Responses = [(200, LightVMJson.Default.MoveVerdict)],
            Errors =
            [
                ErrorCodes.GuestExists, ErrorCodes.HostIncompatible, ErrorCodes.OutOfMemory, ErrorCodes.ImageExists, ErrorCodes.NetworkNotFound,
                ErrorCodes.NetworkMismatch, ErrorCodes.PortInUse, ErrorCodes.DiskNotShared,
            ],
        });
        routes.MapSocket("/v1/moves/{move}/send", SendAsync, new(
            "sendMove",
            "Source, a WebSocket: binary messages are the guest, text messages MoveProgress, at last MoveEnd. It goes on here when the socket closes before it is given up.")
        {
            Query = [("guest", "string", "Its id or name."), ("peer", "string", "What to call the destination.")],
            Responses = [(101, null)],
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.InvalidState, ErrorCodes.MoveInDoubt],
        });
        routes.MapSocket("/v1/moves/{move}/receive", ReceiveAsync, new(
            "receiveMove",
            "Destination, a WebSocket: binary messages are the guest, an empty one its end; the answer is one text message, MoveEnd. Nothing is left of it when the socket closes before that.")
        {
            Query =
            [
                ("peer", "string", "What to call the source."), ("acceptNewAddress", "boolean", "Adapters may get other addresses."),
                ("sharedDisks", "boolean", "Disks of the same path are the same."),
            ],
            Responses = [(101, null)],
        });
        routes.Map("POST", "/v1/moves/{move}/give-up", GiveUpAsync, new("giveUpMove", "Source: the guest is this host's no more.")
        {
            Responses = [(200, LightVMJson.Default.MoveToken)],
            Errors = [ErrorCodes.MoveNotFound],
            Keyed = true,
        });
        routes.Map("POST", "/v1/moves/{move}/start", StartAsync, new("startMove", "Destination: the guest is this host's, and runs.")
        {
            Request = LightVMJson.Default.MoveStart,
            Responses = [(200, LightVMJson.Default.Guest)],
            Errors = [ErrorCodes.MoveNotFound, ErrorCodes.MoveInDoubt, ErrorCodes.DiskInUse],
            Keyed = true,
        });
        routes.Map("POST", "/v1/moves/{move}/complete", CompleteAsync, new("completeMove", "Source: it runs at the destination, and is forgotten here.")
        {
            Responses = [(204, null)],
            Errors = [ErrorCodes.MoveInDoubt],
            Keyed = true,
        });
        routes.Map("POST", "/v1/moves/{move}/settle", SettleAsync, new("settleMove", "Destination: the source knows that it runs here.")
        {
            Responses = [(204, null)],
            Errors = [ErrorCodes.MoveInDoubt],
            Keyed = true,
        });
        routes.Map("POST", "/v1/moves/{move}/take-back", TakeBackAsync, new("takeBackMove", "Source: the destination will never start the guest, which goes on here.")
        {
            Responses = [(200, LightVMJson.Default.Guest)],
            Errors = [ErrorCodes.MoveNotFound, ErrorCodes.MoveInDoubt],
            Keyed = true,
        });
        routes.Map("DELETE", "/v1/moves/{move}", AbortAsync, new(
            "abortMove", "Calls a move off: the source goes on unless it has given the guest up, the destination drops it unless it has started it.")
        {
            Responses = [(204, null)],
            Errors = [ErrorCodes.MoveNotFound, ErrorCodes.MoveInDoubt],
            Keyed = true,
        });
    }

    private static Guid MoveOf(Call call) => Guid.TryParse(call.Route("move"), out Guid move) && move != Guid.Empty
        ? move
        : throw Problems.InvalidArgument($"'{call.Route("move")}' is no id of a move.", call.Route("move"), recommendation: "Give a UUID.");

    private static string PeerOf(QueryReader query) => query.Text("peer") is { Length: > 0 and <= LongestPeer } peer
        ? peer
        : throw Problems.InvalidArgument("The other host has no name.", "peer", recommendation: "Give it as 'peer'.");

    private Task<Reply> OfferAsync(Call call) => Task.FromResult(Reply.Json(moves.Offer(call.Route("idOrName")), WireJson.Default.MoveOffer));

    private async Task<Reply> CheckAsync(Call call)
    {
        MoveCheck check = await call.ReadAsync(RequestJson.MoveCheck).ConfigureAwait(false);
        return Reply.Json(await moves.CheckAsync(check).ConfigureAwait(false), WireJson.Default.MoveVerdict);
    }

    private async Task<Reply> SendAsync(Call call)
    {
        Guid move = MoveOf(call);
        var query = new QueryReader(call.Http.Request, "guest", "peer");
        string guest = query.Text("guest") ?? throw Problems.InvalidArgument("Which guest is to be sent is not said.", "guest", recommendation: "Give its id as 'guest'.");
        string peer = PeerOf(query);
        _ = moves.Offer(guest); // what speaks against it is said before the first byte
        using System.Net.WebSockets.WebSocket socket = await Sockets.AcceptAsync(call.Http).ConfigureAwait(false);
        await new MoveSockets(socket, call.Http, stopping).SendAsync((sink, cancellation) => moves.SendAsync(move, guest, peer, sink, cancellation)).ConfigureAwait(false);
        return Reply.Sent;
    }

    private async Task<Reply> ReceiveAsync(Call call)
    {
        Guid move = MoveOf(call);
        var query = new QueryReader(call.Http.Request, "peer", "acceptNewAddress", "sharedDisks");
        string peer = PeerOf(query);
        (bool address, bool disks) = (query.Flag("acceptNewAddress"), query.Flag("sharedDisks"));
        Sockets.Require(call.Http);
        await using IIncomingMove incoming = moves.Receive(move, peer, address, disks);
        using System.Net.WebSockets.WebSocket socket = await Sockets.AcceptAsync(call.Http).ConfigureAwait(false);
        await new MoveSockets(socket, call.Http, stopping).ReceiveAsync(incoming).ConfigureAwait(false);
        return Reply.Sent;
    }

    private async Task<Reply> GiveUpAsync(Call call) => Reply.Json(await moves.GiveUpAsync(MoveOf(call)).ConfigureAwait(false), WireJson.Default.MoveToken);

    private async Task<Reply> StartAsync(Call call)
    {
        MoveStart start = await call.ReadAsync(RequestJson.MoveStart).ConfigureAwait(false);
        return Reply.Json(await moves.StartAsync(MoveOf(call), start, call.Actor).ConfigureAwait(false), WireJson.Default.Guest);
    }

    private async Task<Reply> CompleteAsync(Call call)
    {
        await moves.CompleteAsync(MoveOf(call), call.Actor).ConfigureAwait(false);
        return Reply.NoContent;
    }

    private async Task<Reply> SettleAsync(Call call)
    {
        await moves.SettleAsync(MoveOf(call)).ConfigureAwait(false);
        return Reply.NoContent;
    }

    private async Task<Reply> TakeBackAsync(Call call) =>
        Reply.Json(await moves.TakeBackAsync(MoveOf(call), call.Actor).ConfigureAwait(false), WireJson.Default.Guest);

    private async Task<Reply> AbortAsync(Call call)
    {
        await moves.AbortAsync(MoveOf(call), call.Actor).ConfigureAwait(false);
        return Reply.NoContent;
    }
}
