namespace LightVM.Reconcile.Tests;

/// <summary>Leases: who has one changes the fleet, and nobody else.</summary>
internal sealed partial class ModelHost
{
    // Not the other one: a lease is asked for while a write is under way.
    private readonly Lock leaseGate = new();

    /// <summary>The lease that is held of each fleet.</summary>
    public Dictionary<string, FleetLease> Leases { get; } = new(StringComparer.Ordinal);

    /// <summary>False: a daemon of an earlier version.</summary>
    public bool KnowsLeases { get; set; } = true;

    /// <summary>Takings, renewals and releases, in order.</summary>
    public List<string> LeaseRequests { get; } = [];

    /// <summary>Called after each of them.</summary>
    public Action<string> LeaseAsked { get; set; } = _ => { };

    public Task<FleetLease?> TakeLeaseAsync(string fleetName, FleetLeaseRequest request, CancellationToken cancellationToken)
    {
        FleetLease? lease = null;
        lock (leaseGate)
        {
            CheckUp("lease");
            if (KnowsLeases)
            {
                FleetLease? held = Leases.GetValueOrDefault(fleetName);
                string what = held?.Id == request.Id ? "renew" : "take";
                LeaseRequests.Add($"{what} {fleetName}");
                if (held is not null && held.Id != request.Id)
                {
                    throw new LightVMException(ErrorCodes.FleetLocked, $"Fleet '{fleetName}' is being changed by another run ({held.Holder}).");
                }

                Leases[fleetName] = lease = new FleetLease { Fleet = fleetName, Id = request.Id, Holder = request.Holder, Revision = fleets.GetValueOrDefault(fleetName)?.Revision ?? 0 };
            }
        }

        LeaseAsked(fleetName);
        return Task.FromResult(lease);
    }

    public Task ReleaseLeaseAsync(string fleetName, Guid id, CancellationToken cancellationToken)
    {
        lock (leaseGate)
        {
            LeaseRequests.Add($"release {fleetName}");
            if (Leases.GetValueOrDefault(fleetName)?.Id == id)
            {
                Leases.Remove(fleetName);
            }
        }

        return Task.CompletedTask;
    }
}
