using LightVM.Daemon.Http;
using LightVM.Daemon.Operations;

namespace LightVM.Daemon.Endpoints;

/// <summary>Answers to requests about many guests: at once with all results, or with an operation that has them later.</summary>
internal sealed class Batches(OperationRegistry operations)
{
    /// <param name="kind">Of the operation.</param>
    /// <param name="targets">As they were asked for.</param>
    /// <param name="work">One result for each of them.</param>
    /// <param name="creates">Whether it makes guests.</param>
    public async Task<Reply> RunAsync(
        Call call,
        string kind,
        Func<IReadOnlyList<string>> targets,
        Func<IProgress<int>?, CancellationToken, Task<IReadOnlyList<GuestResult>>> work,
        bool creates = false)
    {
        if (!Preferences.Has(call.Http.Request, Preferences.RespondAsync))
        {
            IReadOnlyList<GuestResult> results = await work(null, call.Cancellation).ConfigureAwait(false);
            return Preferences.Has(call.Http.Request, Preferences.ReturnMinimal) && Succeeded(results) ? Minimal(results, creates) : Reply(results);
        }

        if (call.Keyed is { } keyed)
        {
            keyed.KeepAnswer = false;
        }

        RunningOperation operation = operations.Start(kind, call.Actor, targets(), work);
        return Http.Reply.Json(
            operation.Snapshot(results: true), WireJson.Default.Operation, 202, location: $"/v1/operations/{operation.Id}");
    }

    public static Reply Reply(IReadOnlyList<GuestResult> results) =>
        Http.Reply.Json(new BatchResult { Results = Problems.Complete(results) }, WireJson.Default.BatchResult);

    public static IReadOnlyList<string> Targets(IReadOnlyList<Guid>? ids, IReadOnlyList<string>? names) =>
        [.. (ids ?? []).Select(id => id.ToString()), .. names ?? []];

    private static bool Succeeded(IReadOnlyList<GuestResult> results)
    {
        for (int i = 0; i < results.Count; i++)
        {
            if (results[i].Problem is not null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>All succeeded, and who asked wants to know no more.</summary>
    private static Reply Minimal(IReadOnlyList<GuestResult> results, bool creates) => new(creates ? 201 : 204)
    {
        Location = creates && results is [{ Guest: { } guest }] ? $"/v1/guests/{guest.Id}" : null,
        PreferenceApplied = Preferences.ReturnMinimal,
    };
}
