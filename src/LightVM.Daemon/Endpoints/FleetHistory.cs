using LightVM.Daemon.Store;

namespace LightVM.Daemon.Endpoints;

/// <summary>
/// The revisions of this host's fleets, so many of each. Of those over the number the ones go first whose spec a later one has too, so
/// that a fleet which is repaired again and again keeps its earlier specs. One thread at a time: the registry locks.
/// </summary>
internal sealed class FleetHistory
{
    private readonly StateStore _store;
    private readonly Dictionary<string, List<FleetRevision>> _revisions = new(StringComparer.Ordinal);

    /// <param name="store">Where they are.</param>
    /// <param name="isConfirmed">Whether a fleet has come as far: a crash may have left a revision that no answer has confirmed.</param>
    public FleetHistory(StateStore store, Func<FleetRevision, bool> isConfirmed)
    {
        _store = store;
        foreach (FleetRevision revision in store.LoadRevisions().Where(isConfirmed))
        {
            Begin(revision.Fleet).Add(revision);
        }
    }

    /// <summary>Digests of all images that a fleet may go back to.</summary>
    public IEnumerable<string> Images => _revisions.Values.SelectMany(list => list).SelectMany(revision => revision.Images.Values);

    /// <summary>Newest first, without their specs.</summary>
    public IReadOnlyList<FleetRevision> List(string fleet) => [.. Enumerable.Reverse(Of(fleet))];

    /// <summary>One with its spec, or null.</summary>
    public FleetRevision? Find(string fleet, long number) =>
        Of(fleet).Find(revision => revision.Revision == number)?.With(_store.LoadRevisionSpec(fleet, number));

    /// <summary>Whether a run tells more than the one before: it did something, or what it could not do is not the same.</summary>
    public bool IsNews(string fleet, FleetRevision run)
    {
        FleetRevision? last = Of(fleet).LastOrDefault();
        return last is null || run.Succeeded + run.Reverted > 0 || run.RollbackOf is not null
            || (last.SpecDigest, last.Failed, last.Blocked) != (run.SpecDigest, run.Failed, run.Blocked);
    }

    /// <summary>Saved when it returns.</summary>
    public void Add(FleetRevision revision)
    {
        List<FleetRevision> list = Begin(revision.Fleet);
        _store.SaveRevision(revision);
        list.RemoveAll(there => there.Revision == revision.Revision);
        list.Add(revision.With(spec: null));
        while (list.Count > FleetRevision.MaxKept)
        {
            FleetRevision gone = list.Find(old => list[^1] != old && list.Any(other => other.Revision > old.Revision && other.SpecDigest == old.SpecDigest)) ?? list[0];
            _store.DeleteRevision(gone.Fleet, gone.Revision);
            list.Remove(gone);
        }
    }

    /// <summary>The store forgets them with the fleet.</summary>
    public void Forget(string fleet) => _revisions.Remove(fleet);

    private List<FleetRevision> Begin(string fleet)
    {
        if (!_revisions.TryGetValue(fleet, out List<FleetRevision>? list))
        {
            _revisions[fleet] = list = [];
        }

        return list;
    }

    private List<FleetRevision> Of(string fleet) => _revisions.GetValueOrDefault(fleet) ?? [];
}
