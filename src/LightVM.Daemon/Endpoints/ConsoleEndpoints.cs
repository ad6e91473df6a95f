using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/guests/{idOrName}/console: what a guest has written.</summary>
internal sealed class ConsoleEndpoints(IGuests guests, CancellationToken stopping)
{
    public void Map(Routes routes) =>
        routes.Map("GET", "/v1/guests/{idOrName}/console", ReadAsync, new(
            "readConsole", "What a guest has written, one ConsoleLine a line; with follow until it has ended. A blank line each 15 s keeps it alive.")
        {
            Query =
            [
                ("tail", "integer", "Only the last so many lines of what is logged."),
                ("follow", "boolean", "Stays until the guest ends."),
                ("after", "integer", "Only lines of a greater sequence number."),
            ],
            Responses = [(200, LightVMJson.Default.ConsoleLine)],
            Streams = true,
            Errors = [ErrorCodes.GuestNotFound],
        });

    private Task<Reply> ReadAsync(Call call)
    {
        var query = new QueryReader(call.Http.Request, "tail", "follow", "after");
        int? tail = (int?)query.Number("tail", int.MaxValue);
        long after = query.Number("after", long.MaxValue) ?? 0;
        bool follow = query.Flag("follow");
        Guest guest = GuestEndpoints.Find(guests, call.Route("idOrName"));
        return JsonLines.SendAsync(
            call.Http,
            guests.ReadConsole(guest.Id, tail, after, follow, call.Cancellation),
            WireJson.Default.ConsoleLine,
            stopping);
    }
}
