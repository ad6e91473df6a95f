using System.Text.Json;

namespace LightVM.Daemon.Metrics;

/// <summary>The metrics of guests. A guest is its name, its devices are their numbers: both stay what they are over restarts.</summary>
internal static class GuestMetrics
{
    public static void Write(PrometheusText text, IReadOnlyList<Guest> guests, IReadOnlyList<GuestMeasurement> measured)
    {
        text.Gauge("lightvm_guests", "Guests that are defined, by state.");
        foreach (GuestState state in Enum.GetValues<GuestState>())
        {
            text.Sample(guests.Count(guest => guest.State == state), ("state", JsonNamingPolicy.CamelCase.ConvertName(state.ToString())));
        }

        WriteStates(text, guests);
        WriteUse(text, measured);
        WriteAdapters(text, measured);
        WriteDisks(text, measured);
    }

    private static void WriteStates(PrometheusText text, IReadOnlyList<Guest> guests)
    {
        text.Gauge("lightvm_guest_info", "What a guest is; always 1.");
        foreach (Guest guest in guests)
        {
            text.Sample(1, ("guest", guest.Name), ("id", guest.Id.ToString("D")), ("image", guest.Image), ("fleet", guest.Fleet ?? ""));
        }

        text.Gauge("lightvm_guest_up", "Whether a guest runs.");
        foreach (Guest guest in guests)
        {
            text.Sample(guest.State == GuestState.Running ? 1 : 0, ("guest", guest.Name));
        }

        text.Gauge("lightvm_guest_ready", "Whether a guest runs and its start and ready probes pass, if it has some.");
        foreach (Guest guest in guests)
        {
            text.Sample(guest.IsReady ? 1 : 0, ("guest", guest.Name));
        }

        text.Counter("lightvm_guest_restarts_total", "Starts by restart policy, since a guest was last started by request.");
        foreach (Guest guest in guests)
        {
            text.Sample(guest.RestartCount, ("guest", guest.Name));
        }
    }

    private static void WriteUse(PrometheusText text, IReadOnlyList<GuestMeasurement> measured)
    {
        text.Counter("lightvm_guest_cpu_seconds_total", "Processor time that a guest's present domain has used, all vCPUs together.");
        foreach (GuestMeasurement guest in measured)
        {
            text.Sample(guest.CpuTime.TotalSeconds, ("guest", guest.Name));
        }

        text.Gauge("lightvm_guest_vcpus", "vCPUs of a guest.");
        foreach (GuestMeasurement guest in measured)
        {
            text.Sample(guest.VCpuCount, ("guest", guest.Name));
        }

        text.Gauge("lightvm_guest_memory_bytes", "Memory of the host that a guest has now.");
        foreach (GuestMeasurement guest in measured)
        {
            text.Sample(guest.Memory, ("guest", guest.Name));
        }
    }

    private static void WriteAdapters(PrometheusText text, IReadOnlyList<GuestMeasurement> measured)
    {
        void Each(string name, string help, Func<DeviceCounters, long> count)
        {
            text.Counter("lightvm_guest_network_" + name, help);
            foreach ((GuestMeasurement guest, Adapter adapter, DeviceCounters counters) in Adapters(measured))
            {
                text.Sample(count(counters), ("guest", guest.Name), ("adapter", $"{adapter.Id}"), ("network", adapter.Network));
            }
        }

        Each("transmit_bytes_total", "Bytes that a guest has sent by an adapter.", static c => c.SentBytes);
        Each("receive_bytes_total", "Bytes that a guest has received by an adapter.", static c => c.ReceivedBytes);
        Each("transmit_packets_total", "Frames that a guest has sent by an adapter.", static c => c.SentRequests);
        Each("receive_packets_total", "Frames that a guest has received by an adapter.", static c => c.ReceivedRequests);
        Each("errors_total", "Requests of an adapter that failed.", static c => c.Errors);
        text.Counter(
            "lightvm_guest_network_dropped_packets_total",
            "Frames from or to a guest that were dropped: spoofed (a source that is not the guest's), rate (beyond its limit), no_buffer (the guest had no room), other.");
        foreach ((GuestMeasurement guest, Adapter adapter, DeviceCounters counters) in Adapters(measured))
        {
            foreach ((string reason, long count) in ((string, long)[])
            [
                ("spoofed", counters.DroppedSpoofed), ("rate", counters.DroppedRate), ("no_buffer", counters.DroppedNoBuffer), ("other", counters.DroppedOther),
            ])
            {
                text.Sample(count, ("guest", guest.Name), ("adapter", $"{adapter.Id}"), ("network", adapter.Network), ("reason", reason));
            }
        }
    }

    private static IEnumerable<(GuestMeasurement Guest, Adapter Adapter, DeviceCounters Counters)> Adapters(IReadOnlyList<GuestMeasurement> measured) =>
        measured.SelectMany(guest => guest.Adapters.Where(adapter => adapter.Counters is not null).Select(adapter => (guest, adapter, adapter.Counters!)));

    private static void WriteDisks(PrometheusText text, IReadOnlyList<GuestMeasurement> measured)
    {
        void Each(string name, string help, Func<DeviceCounters, long> count)
        {
            text.Counter("lightvm_guest_disk_" + name, help);
            foreach (GuestMeasurement guest in measured)
            {
                foreach (Disk disk in guest.Disks)
                {
                    if (disk.Counters is { } counters)
                    {
                        text.Sample(count(counters), ("guest", guest.Name), ("disk", $"{disk.Id}"));
                    }
                }
            }
        }

        Each("read_bytes_total", "Bytes that a guest has read from a disk.", static c => c.ReceivedBytes);
        Each("written_bytes_total", "Bytes that a guest has written to a disk.", static c => c.SentBytes);
        Each("reads_total", "Reads of a disk.", static c => c.ReceivedRequests);
        Each("writes_total", "Writes to a disk.", static c => c.SentRequests);
        Each("flushes_total", "Flushes of a disk.", static c => c.Flushes);
        Each("errors_total", "Requests of a disk that failed.", static c => c.Errors);
    }
}
