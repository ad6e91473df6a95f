using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/host: the host itself.</summary>
internal sealed class HostEndpoints(IGuests guests)
{
    private static readonly TimeSpan MaxShutdown = TimeSpan.FromDays(1);

    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/host", GetAsync, new("getHost", "The host.")
        {
            Responses = [(200, LightVMJson.Default.Host)],
        });
        routes.Map("POST", "/v1/host/domain-events/release", ReleaseAsync, new(
            "releaseDomainEvents", "Gives VIRQ_DOM_EXC up until lightvmd restarts, so that an xenstored can start.")
        {
            Responses = [(204, null)],
            Keyed = true,
        });
        routes.Map("POST", "/v1/host/shutdown-guests", ShutdownAsync, new(
            "shutdownGuests",
            "For a shutdown of the host: stops all guests in the reverse order of their starts. Those with restartPolicy always start after the boot.")
        {
            Responses = [(204, null)],
            Query = [("timeoutMs", "integer", "Milliseconds until those that are not down are destroyed; 90,000.")],
            Keyed = true,
        });
    }

    private Task<Reply> GetAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(guests.HostInfo(), WireJson.Default.Host));
    }

    private Task<Reply> ReleaseAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        guests.ReleaseDomainEvents();
        return Task.FromResult(Reply.NoContent);
    }

    private async Task<Reply> ShutdownAsync(Call call)
    {
        long limit = new QueryReader(call.Http.Request, "timeoutMs").Number("timeoutMs", (long)MaxShutdown.TotalMilliseconds) ?? 90_000;
        await guests.ShutdownAllAsync(TimeSpan.FromMilliseconds(limit), call.Actor).ConfigureAwait(false);
        return Reply.NoContent;
    }
}
