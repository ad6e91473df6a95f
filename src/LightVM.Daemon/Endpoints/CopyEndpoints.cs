using System.Diagnostics;
using LightVM.Daemon.Http;
using LightVM.Daemon.Operations;

namespace LightVM.Daemon.Endpoints;

/// <summary>Clones of guests and of checkpoints.</summary>
internal sealed class CopyEndpoints(IGuests guests, OperationRegistry operations)
{
    private readonly Batches _batches = new(operations);

    public void Map(Routes routes)
    {
        routes.Map("POST", "/v1/guests/{idOrName}/copy", CopyGuestAsync, new(
            "copyGuest", "Makes clones of a guest, which goes on if it runs: one result for each name, in that order.")
        {
            Request = LightVMJson.Default.CopyGuestsRequest,
            Responses = [(200, LightVMJson.Default.BatchResult), (201, null), (202, LightVMJson.Default.Operation)],
            Keyed = true,
            Async = true,
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.InvalidState, ErrorCodes.SuspendTimeout],
        });
        routes.Map("POST", "/v1/checkpoints/{name}/copy", CopyCheckpointAsync, new(
            "copyCheckpoint", "Makes clones of the guest in a checkpoint, which stays: one result for each name, in that order.")
        {
            Request = LightVMJson.Default.CopyGuestsRequest,
            Responses = [(200, LightVMJson.Default.BatchResult), (201, null), (202, LightVMJson.Default.Operation)],
            Keyed = true,
            Async = true,
            Errors = [ErrorCodes.CheckpointNotFound, ErrorCodes.CheckpointInvalid, ErrorCodes.InvalidState],
        });
    }

    // All that is the request's is taken before there is an operation, which outlives it.
    private Task<Reply> CopyGuestAsync(Call call)
    {
        Guid id = GuestEndpoints.Find(guests, call.Route("idOrName")).Id;
        string actor = call.Actor;
        return RunAsync(call, (request, ids, received, progress, cancellation) => guests.CopyGuestAsync(
            id, request, ids, actor, received, progress, cancellation));
    }

    private Task<Reply> CopyCheckpointAsync(Call call)
    {
        string name = call.Route("name"), actor = call.Actor;
        return RunAsync(call, (request, ids, received, progress, cancellation) => guests.CopyCheckpointAsync(
            name, request, ids, actor, received, progress, cancellation));
    }

    private async Task<Reply> RunAsync(
        Call call, Func<CopyGuestsRequest, IReadOnlyList<Guid>?, long, IProgress<int>?, CancellationToken, Task<IReadOnlyList<GuestResult>>> copy)
    {
        CopyGuestsRequest request = await call.ReadAsync(RequestJson.CopyGuestsRequest).ConfigureAwait(false);
        long received = Stopwatch.GetTimestamp();
        RequestChecks.Check(request);
        Guid[]? ids = call.Keyed?.CreatedIds(request.Names.Count);
        bool again = ids is not null && Array.Exists(ids, id => id != Guid.Empty);
        if (ids is not null && !again)
        {
            ids = [.. ids.Select(_ => Guid.NewGuid())];
            call.Keyed!.BeginCreation(ids);
        }

        return await _batches.RunAsync(
            call,
            "copyGuests",
            () => request.Names,
            (progress, cancellation) => ids is null
                ? copy(request, null, received, progress, cancellation)
                : CompleteAsync(request, ids, again, (rest, missing) => copy(rest, missing, received, progress, cancellation)),
            creates: true).ConfigureAwait(false);
    }

    /// <summary>As a creation (see <see cref="KeyedCreation"/>): asked for again after a crash, clones that were confirmed are answered as they are.</summary>
    private async Task<IReadOnlyList<GuestResult>> CompleteAsync(
        CopyGuestsRequest request, Guid[] ids, bool again, Func<CopyGuestsRequest, IReadOnlyList<Guid>, Task<IReadOnlyList<GuestResult>>> copy)
    {
        var there = new GuestResult?[ids.Length];
        for (int i = 0; again && i < ids.Length; i++)
        {
            there[i] = guests.Find(ids[i].ToString()) is { } guest && guest.Name == request.Names[i]
                ? new GuestResult { Target = guest.Name, Guest = guest, Changed = true }
                : null;
        }

        int[] missing = [.. Enumerable.Range(0, ids.Length).Where(i => there[i] is null)];
        if (missing.Length > 0)
        {
            var rest = new CopyGuestsRequest
            {
                Names = [.. missing.Select(i => request.Names[i])],
                Labels = request.Labels,
                Publish = request.Publish,
                CopyDisks = request.CopyDisks,
                TimeoutMs = request.TimeoutMs,
            };
            IReadOnlyList<GuestResult> made = await copy(rest, [.. missing.Select(i => ids[i])]).ConfigureAwait(false);
            for (int i = 0; i < missing.Length; i++)
            {
                there[missing[i]] = made[i];
            }
        }

        return there!;
    }
}
