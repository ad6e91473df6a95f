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

    public FleetRegistry(StateStore store, EventLog events, TimeProvider? clock = null)
    {
        _store = store;
        _events = events;
        _clock = clock ?? TimeProvider.System;
        foreach (Fleet fleet in store.LoadFleets())
        {
            _fleets[fleet.Name] = fleet;
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

    /// <summary>Records an applied fleet; the same again changes nothing, its revision included.</summary>
    /// <exception cref="LightVMException">RevisionConflict.</exception>
    public Fleet Put(Fleet fleet, long? ifRevision, string actor)
    {
        lock (_gate)
        {
            Fleet? before = _fleets.GetValueOrDefault(fleet.Name);
            Check(fleet.Name, before, ifRevision);
            if (before is not null
                && before.SpecDigest == fleet.SpecDigest
                && before.SpecPath == fleet.SpecPath
                && before.Guests.ToHashSet().SetEquals(fleet.Guests))
            {
                return before;
            }

            var after = new Fleet
            {
                Name = fleet.Name,
                Revision = (before?.Revision ?? 0) + 1,
                SpecDigest = fleet.SpecDigest,
                SpecPath = fleet.SpecPath,
                Guests = fleet.Guests,
                ApplyTime = _clock.GetUtcNow(),
                Actor = actor,
            };
            _store.SaveFleet(after);
            _fleets[after.Name] = after;
            _events.Append(
                "FleetApplied",
                after.Name,
                null,
                $"Fleet '{after.Name}' is at revision {after.Revision} with {after.Guests.Count} guests here.",
                actor);
            return after;
        }
    }

    /// <summary>Forgets a fleet; its guests stay.</summary>
    /// <exception cref="LightVMException">FleetNotFound, RevisionConflict.</exception>
    public void Delete(string name, long? ifRevision, string actor)
    {
        lock (_gate)
        {
            Fleet before = _fleets.GetValueOrDefault(name) ?? throw NotFound(name);
            Check(name, before, ifRevision);
            _store.DeleteFleet(name);
            _fleets.Remove(name);
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
