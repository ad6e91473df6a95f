using System.Globalization;
using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/fleets: which guests of this host a fleet owns, what was applied to it when, and who may change it now.</summary>
internal sealed class FleetEndpoints(FleetRegistry fleets)
{
    private const int MaxText = 4096;
    private const int MaxImages = 1000;
    private const int MaxHosts = 1000;

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
            "putFleet", "Records an applied fleet, and its run as a revision. Time and actor are set here, and the revision is at least the given one; the same again changes nothing.")
        {
            Request = LightVMJson.Default.Fleet,
            Responses = [(200, LightVMJson.Default.Fleet)],
            Keyed = true,
            Conditional = true,
            Errors = [ErrorCodes.RevisionConflict, ErrorCodes.FleetLocked],
        });
        routes.Map("DELETE", "/v1/fleets/{name}", DeleteAsync, new("deleteFleet", "Forgets a fleet; its guests stay.")
        {
            Responses = [(204, null)],
            Keyed = true,
            Conditional = true,
            Errors = [ErrorCodes.FleetNotFound, ErrorCodes.RevisionConflict, ErrorCodes.FleetLocked],
        });
        routes.Map("GET", "/v1/fleets/{name}/revisions", RevisionsAsync, new("listRevisions", "The revisions that are kept of a fleet, newest first, without their specs.")
        {
            Responses = [(200, LightVMJson.Default.IReadOnlyListFleetRevision)],
            Errors = [ErrorCodes.FleetNotFound],
        });
        routes.Map("GET", "/v1/fleets/{name}/revisions/{revision}", RevisionAsync, new("getRevision", "One revision, with its spec.")
        {
            Responses = [(200, LightVMJson.Default.FleetRevision)],
            Errors = [ErrorCodes.FleetNotFound, ErrorCodes.RevisionNotFound],
        });
        routes.Map("PUT", "/v1/fleets/{name}/lease", TakeLeaseAsync, new(
            "takeLease", "Takes the right to change a fleet, or renews it: of two runs one waits. The fleet need not be there yet. It needs no Idempotency-Key.")
        {
            Request = LightVMJson.Default.FleetLeaseRequest,
            Responses = [(200, LightVMJson.Default.FleetLease)],
            Errors = [ErrorCodes.FleetLocked],
        });
        routes.Map("DELETE", "/v1/fleets/{name}/lease/{id}", ReleaseLeaseAsync, new("releaseLease", "Gives a lease up; 204 also if it was not held any more.")
        {
            Responses = [(204, null)],
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
        CheckRun(fleet.Run);
        CheckHosts(fleet.Hosts);
        return Answer(fleets.Put(fleet, revision, call.Actor, LeaseHeader.Of(call.Http.Request)));
    }

    private Task<Reply> DeleteAsync(Call call)
    {
        fleets.Delete(call.Route("name"), EntityTags.IfMatch(call.Http.Request), call.Actor, LeaseHeader.Of(call.Http.Request));
        return Task.FromResult(Reply.NoContent);
    }

    private Task<Reply> RevisionsAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(fleets.Revisions(call.Route("name")), WireJson.Default.IReadOnlyListFleetRevision));
    }

    private Task<Reply> RevisionAsync(Call call)
    {
        string text = call.Route("revision");
        long revision = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Problems.InvalidArgument($"'{text}' is no number of a revision.", text);
        return Task.FromResult(Reply.Json(fleets.Revision(call.Route("name"), revision), WireJson.Default.FleetRevision));
    }

    private async Task<Reply> TakeLeaseAsync(Call call)
    {
        string name = call.Route("name");
        FleetLeaseRequest request = await call.ReadAsync(RequestJson.FleetLeaseRequest).ConfigureAwait(false);
        CheckName(name);
        if (request.DurationMs is < FleetLeaseRequest.MinDuration or > FleetLeaseRequest.MaxDuration)
        {
            throw Problems.InvalidArgument($"durationMs is {FleetLeaseRequest.MinDuration} to {FleetLeaseRequest.MaxDuration}, not {request.DurationMs}.", name);
        }

        if (request.Holder.Length > FleetLeaseRequest.MaxHolder || request.Holder.Any(char.IsControl))
        {
            throw Problems.InvalidArgument($"holder has at most {FleetLeaseRequest.MaxHolder} characters in one line.", name);
        }

        return Reply.Json(fleets.TakeLease(name, request, call.Actor), WireJson.Default.FleetLease);
    }

    private Task<Reply> ReleaseLeaseAsync(Call call)
    {
        string text = call.Route("id");
        fleets.Leases.Release(call.Route("name"), Guid.TryParse(text, out Guid id) ? id : throw Problems.InvalidArgument($"'{text}' is no id of a lease.", text));
        return Task.FromResult(Reply.NoContent);
    }

    /// <summary>It is kept, so it is bounded.</summary>
    private static void CheckRun(FleetRevision? run)
    {
        if (run is null)
        {
            return;
        }

        if (Math.Min(Math.Min(run.Succeeded, run.Failed), Math.Min(run.Blocked, run.Reverted)) < 0 || run.Duration < TimeSpan.Zero)
        {
            throw Problems.InvalidArgument("The numbers of a run are not negative.", "run");
        }

        if (run.SpecDigest.Length > MaxText || run.SpecPath.Length > MaxText || run.Images.Count > MaxImages
            || run.Images.Any(image => image.Key.Length > MaxText || image.Value.Length > MaxText))
        {
            throw Problems.InvalidArgument($"A run names at most {MaxImages} images, each in at most {MaxText} characters.", "run");
        }
    }

    /// <summary>They are kept, so they are bounded; the body as a whole is.</summary>
    private static void CheckHosts(IReadOnlyList<FleetHost> hosts)
    {
        if (hosts.Count > MaxHosts || hosts.Any(host => host.Name.Length > MaxText || host.Address.Length > MaxText || host.Address.Any(char.IsControl)))
        {
            throw Problems.InvalidArgument($"A fleet has at most {MaxHosts} hosts, with names and addresses of at most {MaxText} characters in one line.", "hosts");
        }

        hosts.ToList().ForEach(host => CheckName(host.Name));
    }

    private static Reply Answer(Fleet fleet) =>
        Reply.Json(fleet, WireJson.Default.Fleet, etag: EntityTags.Of(fleet.Revision));

    private static void CheckName(string name)
    {
        bool label = name.Length is > 0 and <= 63 && name[0] != '-' && name[^1] != '-'
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        if (!label)
        {
            throw Problems.InvalidArgument(
                $"'{name}' is no fleet name.", name, recommendation: "Use 1 to 63 of a-z, 0-9 and -, not - at either end.");
        }
    }
}
