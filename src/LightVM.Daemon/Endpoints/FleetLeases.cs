using LightVM.Daemon.Store;

namespace LightVM.Daemon.Endpoints;

/// <summary>
/// Who may change a fleet: one run of reconcile at a time, for as long as it says that it is still there. Saved before an answer says so;
/// after a restart each holder has its whole time again, since it could not be heard meanwhile.
/// </summary>
internal sealed class FleetLeases
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FleetLease> _held = new(StringComparer.Ordinal);
    private readonly StateStore _store;
    private readonly TimeProvider _clock;

    public FleetLeases(StateStore store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
        DateTimeOffset now = clock.GetUtcNow();
        foreach (FleetLease lease in store.LoadLeases())
        {
            _held[lease.Fleet] = Until(lease, now, lease.Since);
        }
    }

    /// <summary>Takes a fleet's lease, or renews it; one that has run out may be renewed for as long as nobody else has taken it.</summary>
    /// <param name="fleet">Its name.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="actor">Whose process that is.</param>
    /// <param name="revision">The fleet's revision here.</param>
    /// <exception cref="LightVMException">FleetLocked: somebody else has it.</exception>
    public FleetLease Take(string fleet, FleetLeaseRequest request, string actor, long revision)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        lock (_gate)
        {
            FleetLease? held = _held.GetValueOrDefault(fleet);
            if (held is not null && held.Id != request.Id && held.Expires > now)
            {
                throw Locked(held, now);
            }

            var lease = Until(
                new FleetLease { Fleet = fleet, Id = request.Id, Actor = actor, Holder = request.Holder, DurationMs = request.DurationMs, Revision = revision },
                now,
                held?.Id == request.Id ? held.Since : now);
            _store.SaveLease(lease);
            _held[fleet] = lease;
            foreach (FleetLease old in _held.Values.Where(other => other.Expires <= now).ToArray())
            {
                Drop(old.Fleet);
            }

            return lease;
        }
    }

    /// <summary>Gives a lease up. One that is another's, or nobody's, stays as it is: it is not the asker's any more, as wanted.</summary>
    public void Release(string fleet, Guid id)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(fleet, out FleetLease? held) && held.Id == id)
            {
                Drop(fleet);
            }
        }
    }

    /// <summary>A request of a run whose lease is not held any more: somebody else may be at its fleet.</summary>
    /// <exception cref="LightVMException">LeaseLost.</exception>
    public void CheckHeld(Guid id)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        lock (_gate)
        {
            if (!_held.Values.Any(lease => lease.Id == id && lease.Expires > now))
            {
                throw new LightVMException(
                    ErrorCodes.LeaseLost,
                    "The lease of this run has ended on this host: it was not renewed in time, so another run may have the fleet by now. Nothing was done.");
            }
        }
    }

    /// <summary>Whether the holder of that lease, or nobody, has the fleet.</summary>
    /// <exception cref="LightVMException">FleetLocked.</exception>
    public void Check(string fleet, Guid? lease)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        lock (_gate)
        {
            if (_held.TryGetValue(fleet, out FleetLease? held) && held.Id != lease && held.Expires > now)
            {
                throw Locked(held, now);
            }
        }
    }

    private void Drop(string fleet)
    {
        _store.DeleteLease(fleet);
        _held.Remove(fleet);
    }

    private static FleetLease Until(FleetLease lease, DateTimeOffset now, DateTimeOffset since) => new()
    {
        Fleet = lease.Fleet,
        Id = lease.Id,
        Actor = lease.Actor,
        Holder = lease.Holder,
        DurationMs = lease.DurationMs,
        Revision = lease.Revision,
        Since = since,
        Expires = now + TimeSpan.FromMilliseconds(lease.DurationMs),
    };

    private static LightVMException Locked(FleetLease held, DateTimeOffset now)
    {
        string holder = held.Holder.Length > 0 ? $"{held.Holder}, {held.Actor}" : held.Actor;
        double left = Math.Ceiling((held.Expires - now).TotalSeconds);
        return new LightVMException(
            ErrorCodes.FleetLocked,
            FormattableString.Invariant($"Fleet '{held.Fleet}' is being changed by another run ({holder}) since {held.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC."),
            held.Fleet,
            FormattableString.Invariant($"Run it again when that one has ended; if it was killed, the fleet is free in {left} s."));
    }
}
