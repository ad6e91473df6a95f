using LightVM.Daemon.Events;
using LightVM.Daemon.Store;

namespace LightVM.Daemon.Endpoints;

/// <summary>The fleets of this host: in memory, and saved before an answer says so.</summary>
internal sealed class FleetRegistry
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Fleet> _fleets = new(StringComparer.Ordinal);
    private readonly StateStore _store;
    private readonly EventLog _events;
    private readonly TimeProvider _clock;
    private readonly FleetHistory _history;

    public FleetRegistry(StateStore store, EventLog events, TimeProvider? clock = null)
    {
        _store = store;
        _events = events;
        _clock = clock ?? TimeProvider.System;
        foreach (Fleet fleet in store.LoadFleets())
        {
            _fleets[fleet.Name] = fleet;
        }

        _history = new FleetHistory(store, revision => _fleets.TryGetValue(revision.Fleet, out Fleet? fleet) && revision.Revision <= fleet.Revision);
        Leases = new FleetLeases(store, _clock);
    }

    /// <summary>Who may change a fleet.</summary>
    public FleetLeases Leases { get; }

    /// <summary>Whether a fleet may go back to an image of that digest.</summary>
    public bool NeedsImage(string digest)
    {
        lock (_gate)
        {
            return _history.Images.Contains(digest, StringComparer.Ordinal);
        }
    }

    /// <summary>The revisions that are kept of a fleet, newest first, without their specs.</summary>
    /// <exception cref="LightVMException">FleetNotFound.</exception>
    public IReadOnlyList<FleetRevision> Revisions(string name)
    {
        lock (_gate)
        {
            return _fleets.ContainsKey(name) ? _history.List(name) : throw NotFound(name);
        }
    }

    /// <summary>One revision, with its spec.</summary>
    /// <exception cref="LightVMException">FleetNotFound, RevisionNotFound.</exception>
    public FleetRevision Revision(string name, long number)
    {
        lock (_gate)
        {
            if (!_fleets.ContainsKey(name))
            {
                throw NotFound(name);
            }

            return _history.Find(name, number) ?? throw new LightVMException(
                ErrorCodes.RevisionNotFound,
                $"Revision {number} of fleet '{name}' is not kept on this host; these are: {string.Join(", ", _history.List(name).Select(revision => revision.Revision))}.",
                name);
        }
    }

    public IReadOnlyList<Fleet> List()
    {
        lock (_gate)
        {
            return [.. _fleets.Values];
        }
    }

    /// <exception cref="LightVMException">FleetNotFound.</exception>
    public Fleet Get(string name)
    {
        lock (_gate)
        {
            return _fleets.TryGetValue(name, out Fleet? fleet) ? fleet : throw NotFound(name);
        }
    }

    /// <summary>
    /// Records an applied fleet, and the run that has applied it; the same again changes nothing, its revision included, and a run that
    /// did nothing and met what the one before met is no other revision.
    /// </summary>
    /// <param name="fleet">As it is now. A revision in it is the least that it is to get: a fleet counts alike on all of its hosts.</param>
    /// <param name="ifRevision">The revision that it must be at.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="lease">The lease under which it is asked.</param>
    /// <exception cref="LightVMException">RevisionConflict, FleetLocked.</exception>
    public Fleet Put(Fleet fleet, long? ifRevision, string actor, Guid? lease = null)
    {
        lock (_gate)
        {
            Leases.Check(fleet.Name, lease);
            Fleet? before = _fleets.GetValueOrDefault(fleet.Name);
            Check(fleet.Name, before, ifRevision);
            if (before is not null
                && (fleet.Run is null || !_history.IsNews(fleet.Name, fleet.Run))
                && before.SpecDigest == fleet.SpecDigest
                && before.SpecPath == fleet.SpecPath
                && before.Guests.ToHashSet().SetEquals(fleet.Guests)
                && FleetHost.AreSame(before.Hosts, fleet.Hosts))
            {
                return before;
            }

            // A run that says where guests are going to be has not changed anything yet.
            bool announces = fleet.Run is null && !FleetHost.AreSame(before?.Hosts ?? [], fleet.Hosts)
                && (before?.SpecDigest ?? "") == fleet.SpecDigest && fleet.Guests.ToHashSet().SetEquals(before?.Guests ?? []);

            var after = new Fleet
            {
                Name = fleet.Name,
                Revision = announces ? before?.Revision ?? 0 : Math.Max((before?.Revision ?? 0) + 1, fleet.Revision),
                SpecDigest = fleet.SpecDigest,
                SpecPath = fleet.SpecPath,
                Guests = fleet.Guests,
                Hosts = fleet.Hosts,
                ApplyTime = _clock.GetUtcNow(),
                Actor = actor,
            };
            if (fleet.Run is { } run)
            {
                _history.Add(run.As(after.Name, after.Revision, after.ApplyTime, actor));
            }

            _store.SaveFleet(after);
            _fleets[after.Name] = after;
            if (announces)
            {
                return after;
            }

            _events.Append(
                "FleetApplied",
                after.Name,
                null,
                $"Fleet '{after.Name}' is at revision {after.Revision} with {after.Guests.Count} guests here.",
                actor);
            return after;
        }
    }

    /// <summary>Takes or renews the lease of a fleet, which need not be there yet.</summary>
    /// <exception cref="LightVMException">FleetLocked.</exception>
    public FleetLease TakeLease(string name, FleetLeaseRequest request, string actor)
    {
        lock (_gate)
        {
            return Leases.Take(name, request, actor, _fleets.GetValueOrDefault(name)?.Revision ?? 0);
        }
    }

    /// <summary>Forgets a fleet; its guests stay.</summary>
    /// <exception cref="LightVMException">FleetNotFound, RevisionConflict, FleetLocked.</exception>
    public void Delete(string name, long? ifRevision, string actor, Guid? lease = null)
    {
        lock (_gate)
        {
            Leases.Check(name, lease);
            Fleet before = _fleets.GetValueOrDefault(name) ?? throw NotFound(name);
            Check(name, before, ifRevision);
            _store.DeleteFleet(name);
            _fleets.Remove(name);
            _history.Forget(name);
            _events.Append("FleetRemoved", name, null, $"Fleet '{name}' was forgotten; its guests stay.", actor);
        }
    }

    /// <summary>
    /// A guest belongs to that fleet alone (null: to none): others forget it. Their revisions stay, since nobody has applied them:
    /// whoever is at that must not be told that somebody else was.
    /// </summary>
    public void Keep(Guid guest, string? owner)
    {
        lock (_gate)
        {
            foreach (Fleet before in _fleets.Values.Where(fleet => fleet.Name != owner && fleet.Guests.Contains(guest)).ToArray())
            {
                var after = new Fleet
                {
                    Name = before.Name,
                    Revision = before.Revision,
                    SpecDigest = before.SpecDigest,
                    SpecPath = before.SpecPath,
                    Guests = [.. before.Guests.Where(id => id != guest)],
                    Hosts = before.Hosts,
                    ApplyTime = before.ApplyTime,
                    Actor = before.Actor,
                };
                _store.SaveFleet(after);
                _fleets[after.Name] = after;
            }
        }
    }

    private static LightVMException NotFound(string name) =>
        new(ErrorCodes.FleetNotFound, $"This host has no part of a fleet '{name}'.", name);

    private static void Check(string name, Fleet? before, long? ifRevision)
    {
        if (ifRevision is { } wanted && wanted != (before?.Revision ?? 0))
        {
            throw new LightVMException(
                ErrorCodes.RevisionConflict,
                $"Fleet '{name}' is at revision {before?.Revision ?? 0}, not {wanted}: someone else has applied it.",
                name);
        }
    }
}
