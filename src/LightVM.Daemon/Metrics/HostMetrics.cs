using System.Globalization;
using LightVM.Toolstack;

namespace LightVM.Daemon.Metrics;

/// <summary>The metrics of a host, its pool and its daemon.</summary>
internal static class HostMetrics
{
    public static void WriteHost(PrometheusText text, Host host)
    {
        text.Gauge("lightvm_host_info", "What a host runs; always 1.");
        text.Sample(1, ("version", host.Version), ("xen", host.XenVersion), ("kernel", host.KernelVersion));
        text.Gauge("lightvm_host_cpus", "Processors of the machine.", host.CpuCount);
        text.Gauge("lightvm_host_memory_bytes", "Memory of the machine.", host.Memory);
        text.Gauge("lightvm_host_memory_free_bytes", "Memory that Xen can give to guests now.", host.FreeMemory);
        text.Gauge(
            "lightvm_host_memory_available_bytes",
            "Memory that further guests can have, once the pool's shells and dom0 have given up what they can.",
            host.AvailableMemory);
        text.Gauge("lightvm_data_plane_up", "Whether lightvm-io is connected.", host.DataPlane ? 1 : 0);
    }

    public static void WritePool(PrometheusText text, Pool pool)
    {
        text.Gauge("lightvm_pool_budget_bytes", "Memory that all shells of the pool together may take.", pool.Budget);
        text.Gauge("lightvm_pool_memory_bytes", "Memory that all shells of the pool take.", pool.Memory);

        void Each(Action begin, Func<PoolFlavour, double> value)
        {
            begin();
            foreach (PoolFlavour flavour in pool.Flavours)
            {
                text.Sample(
                    value(flavour),
                    ("image", flavour.Image),
                    ("checkpoint", flavour.Checkpoint ?? ""),
                    ("memory", flavour.Memory.ToString(CultureInfo.InvariantCulture)),
                    ("vcpus", $"{flavour.VCpuCount}"),
                    ("devices", $"{flavour.Devices}"));
            }
        }

        Each(() => text.Gauge("lightvm_pool_shells_wanted", "Shells that are to be ready."), flavour => flavour.Wanted);
        Each(() => text.Gauge("lightvm_pool_shells_ready", "Shells that are ready."), flavour => flavour.Ready);
        Each(() => text.Counter("lightvm_pool_hits_total", "Guests that were made of a shell."), flavour => flavour.Hits);
        Each(() => text.Counter("lightvm_pool_misses_total", "Guests that could have been made of a shell, and found none."), flavour => flavour.Misses);
        Each(() => text.Counter("lightvm_pool_refills_total", "Shells that were made."), flavour => flavour.Refills);
        Each(() => text.Counter("lightvm_pool_failures_total", "Shells that could not be made, or did not last."), flavour => flavour.Failures);
        Each(() => text.Counter("lightvm_pool_drops_total", "Shells that were destroyed unused."), flavour => flavour.Drops);
    }

    /// <summary>Names of their own, not process_…: by way of a file they stand beside those of a collector.</summary>
    public static void WriteDaemon(PrometheusText text, Host host, RequestCounters requests, (Histogram Cold, Histogram Pool) starts)
    {
        text.Histogram(
            "lightvm_guest_start_duration_seconds",
            "From the request to the guest's first event, by where it came from: built for it (cold), or made of a shell (pool).",
            ("source", "cold", starts.Cold), ("source", "pool", starts.Pool));
        text.Counter("lightvm_daemon_requests_total", "Requests that lightvmd has answered, by route and status.");
        foreach ((string method, string route, int status, long count) in requests.Read())
        {
            text.Sample(count, ("method", method), ("route", route), ("code", status.ToString(CultureInfo.InvariantCulture)));
        }

        text.Gauge("lightvm_daemon_start_time_seconds", "When lightvmd started, since 1970.", host.StartTime.ToUnixTimeMilliseconds() / 1000.0);
        text.Counter("lightvm_daemon_cpu_seconds_total", "Processor time that lightvmd has used.");
        text.Sample(Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Gauge("lightvm_daemon_resident_memory_bytes", "Memory of dom0 that lightvmd has.", Environment.WorkingSet);
    }
}
