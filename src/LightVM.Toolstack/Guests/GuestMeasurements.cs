using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What guests use: one list of domains from Xen and one question to lightvm-io, however many guests there are.</summary>
internal sealed class GuestMeasurements(ToolstackParts parts)
{
    /// <summary>Sorted by name, numbers in names by their value. Without lightvm-io devices have no counters.</summary>
    public async Task<IReadOnlyList<GuestMeasurement>> MeasureAsync(GuestFilter filter)
    {
        Task<IReadOnlyList<IoMessages.Counted>> counting = parts.Plane.CountersAsync();
        Dictionary<uint, DomainInfo> domains = Domains();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        ILookup<(Guid, uint), IoMessages.Counted> counted =
            (await counting.ConfigureAwait(false)).ToLookup(counted => ((Guid)counted.Uuid, counted.DomainId));
        return [.. parts.Guests.All
            .Where(guest => GuestQueries.Matches(guest.Record, filter))
            .Select(guest => Measure(guest, domains, counted, now))
            .OrderBy(guest => guest.Name, NaturalOrder.Instance)];
    }

    /// <exception cref="LightVMException">XenError.</exception>
    private Dictionary<uint, DomainInfo> Domains()
    {
        var domains = new Dictionary<uint, DomainInfo>();
        try
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            new DomainScan().Run(lease.Host, domain => domains[domain.DomainId] = domain);
        }
        catch (XenException e)
        {
            throw Problems.FromXen(e, null);
        }

        return domains;
    }

    private static GuestMeasurement Measure(
        ManagedGuest guest, Dictionary<uint, DomainInfo> domains, ILookup<(Guid, uint), IoMessages.Counted> counted, DateTimeOffset now)
    {
        GuestRecord record = guest.Record;
        Life? life = guest.Life;
        // Numbers of domains come again: only with the guest's handle is it the guest's.
        bool lives = domains.TryGetValue(life?.Domain ?? 0, out DomainInfo domain) && domain.Uuid == guest.Id;
        List<IoMessages.Counted> devices = lives ? [.. counted[(guest.Id, domain.DomainId)]] : [];
        return new GuestMeasurement
        {
            Name = record.Name,
            Id = record.Id,
            State = record.State,
            Time = now,
            DomainId = lives ? (int)domain.DomainId : null,
            VCpuCount = record.VCpuCount,
            CpuTime = lives ? TimeSpan.FromTicks(domain.CpuTime / TimeSpan.NanosecondsPerTick) : TimeSpan.Zero,
            Memory = lives ? domain.Memory : 0,
            Labels = record.Labels,
            Adapters = DeviceViews.Adapters(record, life, devices),
            Disks = DeviceViews.Disks(record, life, devices),
        };
    }
}
