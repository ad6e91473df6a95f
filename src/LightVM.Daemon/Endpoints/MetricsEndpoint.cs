using LightVM.Daemon.Http;
using LightVM.Daemon.Metrics;
using LightVM.Toolstack;

namespace LightVM.Daemon.Endpoints;

/// <summary>/metrics: the host, its guests, its pool and its daemon in Prometheus' text format.</summary>
internal sealed class MetricsEndpoint(IGuests guests, RequestCounters requests)
{
    public void Map(Routes routes) =>
        routes.Map("GET", "/metrics", GetAsync, new("getMetrics", "Metrics in Prometheus' text format (text/plain; version=0.0.4).")
        {
            Responses = [(200, null)],
            Errors = [ErrorCodes.XenError],
        });

    private async Task<Reply> GetAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        IReadOnlyList<GuestMeasurement> measured = await guests.MeasureAsync(GuestFilter.All).ConfigureAwait(false);
        Host host = guests.HostInfo();
        var text = new PrometheusText();
        HostMetrics.WriteHost(text, host);
        GuestMetrics.Write(text, guests.List(GuestFilter.All), measured);
        HostMetrics.WritePool(text, guests.PoolInfo());
        HostMetrics.WriteDaemon(text, host, requests, guests.StartTimes);
        return new Reply(200, text.ToBytes(), PrometheusText.ContentType);
    }
}
