using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/fleets: which guests of this host a fleet owns, and at what revision it was applied.</summary>
internal sealed class FleetEndpoints(FleetRegistry fleets)
{
    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/fleets", ListAsync, new("listFleets", "Fleets with a part on this host, sorted by name.")
        {
            Responses = [(200, LightVMJson.Default.IReadOnlyListFleet)],
        });
        routes.Map("GET", "/v1/fleets/{name}", GetAsync, new("getFleet", "One fleet; the ETag is its revision.")
        {
            Responses = [(200, LightVMJson.Default.Fleet)],
            Errors = [ErrorCodes.FleetNotFound],
        });
        routes.Map("PUT", "/v1/fleets/{name}", PutAsync, new(
            "putFleet", "Records an applied fleet. Revision, time and actor are set here; the same again changes nothing.")
        {
            Request = LightVMJson.Default.Fleet,
            Responses = [(200, LightVMJson.Default.Fleet)],
            Keyed = true,
            Conditional = true,
            Errors = [ErrorCodes.RevisionConflict],
        });
        routes.Map("DELETE", "/v1/fleets/{name}", DeleteAsync, new("deleteFleet", "Forgets a fleet; its guests stay.")
        {
            Responses = [(204, null)],
            Keyed = true,
            Conditional = true,
            Errors = [ErrorCodes.FleetNotFound, ErrorCodes.RevisionConflict],
        });
    }

    private Task<Reply> ListAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(fleets.List(), WireJson.Default.IReadOnlyListFleet));
    }

    private Task<Reply> GetAsync(Call call) => Task.FromResult(Answer(fleets.Get(call.Route("name"))));

    private async Task<Reply> PutAsync(Call call)
    {
        string name = call.Route("name");
        long? revision = EntityTags.IfMatch(call.Http.Request);
        Fleet fleet = await call.ReadAsync(RequestJson.Fleet).ConfigureAwait(false);
        if (fleet.Name != name)
        {
            throw Problems.InvalidArgument($"The body describes fleet '{fleet.Name}', the path says '{name}'.", name);
        }

        CheckName(name);
        return Answer(fleets.Put(fleet, revision, call.Actor));
    }

    private Task<Reply> DeleteAsync(Call call)
    {
        fleets.Delete(call.Route("name"), EntityTags.IfMatch(call.Http.Request), call.Actor);
        return Task.FromResult(Reply.NoContent);
    }

    private static Reply Answer(Fleet fleet) =>
        Reply.Json(fleet, WireJson.Default.Fleet, etag: EntityTags.Of(fleet.Revision));

    private static void CheckName(string name)
    {
        bool label = name.Length <= 63 && name[0] != '-' && name[^1] != '-'
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        if (!label)
        {
            throw Problems.InvalidArgument(
                $"'{name}' is no fleet name.", name, recommendation: "Use 1 to 63 of a-z, 0-9 and -, not - at either end.");
        }
    }
}
