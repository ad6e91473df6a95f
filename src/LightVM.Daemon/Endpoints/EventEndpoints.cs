using LightVM.Daemon.Events;
using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/events: what happened on this host.</summary>
internal sealed class EventEndpoints(EventLog events, CancellationToken stopping)
{
    public void Map(Routes routes) =>
        routes.Map("GET", "/v1/events", ReadAsync, new(
            "readEvents", "Events, one a line, oldest first. Kind Gap stands where events are no longer held. A blank line each 15 s keeps it alive.")
        {
            Query =
            [
                ("after", "integer", "Only events of a greater sequence number; without it or with 0, from the oldest that is held."),
                ("follow", "boolean", "Goes on with what happens from now on."),
                ("tail", "integer", "Begins with the last so many; not together with after."),
            ],
            Responses = [(200, LightVMJson.Default.Event)],
            Streams = true,
        });

    private Task<Reply> ReadAsync(Call call)
    {
        var query = new QueryReader(call.Http.Request, "after", "follow", "tail");
        long? after = query.Number("after", long.MaxValue);
        if (query.Number("tail", long.MaxValue) is { } tail)
        {
            if (after is not null)
            {
                throw Problems.InvalidArgument("after and tail do not go together.", "tail");
            }

            after = Math.Max(0, events.LastSequence - tail);
        }

        return JsonLines.SendAsync(
            call.Http, events.Read(after, query.Flag("follow"), call.Cancellation), WireJson.Default.Event, stopping);
    }
}
