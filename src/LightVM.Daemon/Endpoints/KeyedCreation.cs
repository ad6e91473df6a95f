using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>
/// A creation with an Idempotency-Key: its guests' ids are remembered before anything is made. Asked for again after a crash, those
/// that exist are answered as they are, and only the others are created.
/// </summary>
internal static class KeyedCreation
{
    public static Func<IProgress<int>?, CancellationToken, Task<IReadOnlyList<GuestResult>>> Prepare(
        IGuests guests, KeyedRequest keyed, CreateGuestsRequest request, string actor, long received)
    {
        // An id of which there is no guest is of no use any more: what an earlier try left of it is gone.
        Guid[] ids = keyed.CreatedIds(request.Guests.Count);
        var there = new GuestResult?[ids.Length];
        var missing = new List<int>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            string name = request.Guests[i].Name;
            if (ids[i] != Guid.Empty && guests.Find(ids[i].ToString()) is { } guest && guest.Name == name)
            {
                there[i] = new GuestResult { Target = name, Guest = guest, Changed = true };
            }
            else
            {
                missing.Add(i);
            }
        }

        CreateGuestsRequest rest = missing.Count == ids.Length
            ? request
            : new CreateGuestsRequest { Guests = missing.ConvertAll(i => request.Guests[i]), Start = request.Start };
        return async (progress, cancellation) =>
        {
            IReadOnlyList<GuestResult> made = missing.Count == 0
                ? []
                : await guests.CreateAsync(rest, actor, received, Remember, progress, cancellation).ConfigureAwait(false);
            if (made.Count == there.Length)
            {
                return made;
            }

            int next = 0;
            return [.. there.Select(result => result ?? made[next++])];
        };

        void Remember(IReadOnlyList<Guid> reserved)
        {
            for (int i = 0; i < reserved.Count; i++)
            {
                ids[missing[i]] = reserved[i];
            }

            keyed.BeginCreation(ids);
        }
    }
}
