using System.Diagnostics;
using LightVM.Daemon.Http;
using LightVM.Daemon.Operations;
using LightVM.Toolstack;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/guests: list, get, create, act, save, change, wait.</summary>
internal sealed class GuestEndpoints(IGuests guests, FleetRegistry fleets, OperationRegistry operations)
{
    private readonly Batches _batches = new(operations);

    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/guests", ListAsync, new("listGuests", "Guests, sorted by name.")
        {
            Query = GuestFilters.Query,
            Responses = [(200, LightVMJson.Default.IReadOnlyListGuest)],
        });
        routes.Map("GET", "/v1/guests/{idOrName}", GetAsync, new("getGuest", "One guest; the ETag is its revision.")
        {
            Responses = [(200, LightVMJson.Default.Guest)],
            Errors = [ErrorCodes.GuestNotFound],
        });
        routes.Map("POST", "/v1/guests", CreateAsync, new(
            "createGuests", "Creates guests: one result for each, in that order.")
        {
            Request = LightVMJson.Default.CreateGuestsRequest,
            Responses = [(200, LightVMJson.Default.BatchResult), (201, null), (202, LightVMJson.Default.Operation)],
            Keyed = true,
            Async = true,
        });
        routes.Map("POST", "/v1/guests/actions", ActAsync, new(
            "actOnGuests", "Does one thing to many guests: one result for each id, then each name.")
        {
            Request = LightVMJson.Default.GuestActionRequest,
            Responses = [(200, LightVMJson.Default.BatchResult), (202, LightVMJson.Default.Operation), (204, null)],
            Keyed = true,
            Async = true,
        });
        routes.Map("POST", "/v1/guests/save", SaveAsync, new(
            "saveGuests", "Saves guests as checkpoints: one result for each id, then each name.")
        {
            Request = LightVMJson.Default.SaveGuestsRequest,
            Responses = [(200, LightVMJson.Default.BatchResult), (202, LightVMJson.Default.Operation), (204, null)],
            Keyed = true,
            Async = true,
        });
        routes.Map("PATCH", "/v1/guests/{idOrName}", ChangeAsync, new("changeGuest", "Changes a guest's definition.")
        {
            Request = LightVMJson.Default.GuestChange,
            Responses = [(200, LightVMJson.Default.Guest)],
            Keyed = true,
            Conditional = true,
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.InvalidState, ErrorCodes.ImageNotFound, ErrorCodes.RevisionConflict],
        });
        routes.Map("POST", "/v1/guests/wait", WaitAsync, new(
            "waitForGuests", "Answers when each guest is there, or the time is over.")
        {
            Request = LightVMJson.Default.WaitRequest,
            Responses = [(200, LightVMJson.Default.BatchResult)],
        });
    }

    internal static Guest Find(IGuests guests, string idOrName) =>
        guests.Find(idOrName)
        ?? throw new LightVMException(ErrorCodes.GuestNotFound, $"There is no guest '{idOrName}'.", idOrName);

    private Task<Reply> ListAsync(Call call) =>
        Task.FromResult(Reply.Json(guests.List(GuestFilters.Of(call)), WireJson.Default.IReadOnlyListGuest));

    private Task<Reply> GetAsync(Call call)
    {
        Guest guest = Find(guests, call.Route("idOrName"));
        return Task.FromResult(Reply.Json(guest, WireJson.Default.Guest, etag: EntityTags.Of(guest.Revision)));
    }

    private async Task<Reply> CreateAsync(Call call)
    {
        CreateGuestsRequest request = await call.ReadAsync(RequestJson.CreateGuestsRequest).ConfigureAwait(false);
        long received = Stopwatch.GetTimestamp();
        RequestChecks.Check(request);
        Func<IProgress<int>?, CancellationToken, Task<IReadOnlyList<GuestResult>>> create =
            (progress, cancellation) => guests.CreateAsync(request, call.Actor, received, null, progress, cancellation);
        if (call.Keyed is { } keyed)
        {
            create = KeyedCreation.Prepare(guests, keyed, request, call.Actor, received);
        }

        return await _batches.RunAsync(
            call, "createGuests", () => [.. request.Guests.Select(g => g.Name)], create, creates: true).ConfigureAwait(false);
    }

    private async Task<Reply> ActAsync(Call call)
    {
        GuestActionRequest request = await call.ReadAsync(RequestJson.GuestActionRequest).ConfigureAwait(false);
        RequestChecks.Check(request);
        string kind = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(request.Action.ToString());
        return await _batches.RunAsync(
            call,
            kind,
            () => Batches.Targets(request.Ids, request.Names),
            (progress, cancellation) => guests.ActAsync(request, call.Actor, progress, cancellation)).ConfigureAwait(false);
    }

    private async Task<Reply> SaveAsync(Call call)
    {
        SaveGuestsRequest request = await call.ReadAsync(RequestJson.SaveGuestsRequest).ConfigureAwait(false);
        RequestChecks.Check(request);
        return await _batches.RunAsync(
            call,
            "saveGuests",
            () => Batches.Targets(request.Ids, request.Names),
            (progress, cancellation) => guests.SaveAsync(request, call.Actor, progress, cancellation)).ConfigureAwait(false);
    }

    private async Task<Reply> ChangeAsync(Call call)
    {
        long? revision = EntityTags.IfMatch(call.Http.Request);
        GuestChange change = await call.ReadAsync(RequestJson.GuestChange).ConfigureAwait(false);
        RequestChecks.Check(change);
        Guest before = Find(guests, call.Route("idOrName"));
        Guest guest = await guests.ChangeAsync(before.Id, change, revision, call.Actor).ConfigureAwait(false);
        if (change.Fleet is not null)
        {
            fleets.Keep(guest.Id, guest.Fleet);
        }

        return Reply.Json(guest, WireJson.Default.Guest, etag: EntityTags.Of(guest.Revision));
    }

    private async Task<Reply> WaitAsync(Call call)
    {
        WaitRequest request = await call.ReadAsync(RequestJson.WaitRequest).ConfigureAwait(false);
        RequestChecks.Check(request);
        return Batches.Reply(await guests.WaitAsync(request, call.Cancellation).ConfigureAwait(false));
    }
}
