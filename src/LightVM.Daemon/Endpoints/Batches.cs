using LightVM.Daemon.Http;
using LightVM.Daemon.Operations;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>Answers to requests about many guests: at once with all results, or with an operation that has them later.</summary>
internal sealed class Batches(OperationRegistry operations)
{
    /// <param name="kind">Of the operation.</param>
    /// <param name="targets">As they were asked for.</param>
    /// <param name="work">One result for each of them.</param>
    public async Task<Reply> RunAsync(
        Call call,
        string kind,
        IReadOnlyList<string> targets,
        Func<IProgress<int>?, CancellationToken, Task<IReadOnlyList<GuestResult>>> work)
    {
        if (!WantsAsync(call.Http.Request))
        {
            return Reply(await work(null, call.Cancellation).ConfigureAwait(false));
        }

        if (call.Keyed is { } keyed)
        {
            keyed.KeepAnswer = false;
        }

        RunningOperation operation = operations.Start(kind, call.Actor, targets, work);
        return Http.Reply.Json(
            operation.Snapshot(results: true), WireJson.Default.Operation, 202, location: $"/v1/operations/{operation.Id}");
    }

    public static Reply Reply(IReadOnlyList<GuestResult> results) =>
        Http.Reply.Json(new BatchResult { Results = Problems.Complete(results) }, WireJson.Default.BatchResult);

    public static IReadOnlyList<string> Targets(IReadOnlyList<Guid>? ids, IReadOnlyList<string>? names) =>
        [.. (ids ?? []).Select(id => id.ToString()), .. names ?? []];

    private static bool WantsAsync(HttpRequest request)
    {
        foreach (string? value in request.Headers["Prefer"])
        {
            if (value is not null && value.Contains("respond-async", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
