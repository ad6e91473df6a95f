using LightVM.Daemon.Http;
using LightVM.Daemon.Operations;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/operations: work that goes on after its request was answered.</summary>
internal sealed class OperationEndpoints(OperationRegistry operations, CancellationToken stopping)
{
    private const long MaxWaitMs = 60_000;

    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/operations", ListAsync, new(
            "listOperations", "Operations of this life of lightvmd, oldest first, without their results.")
        {
            Responses = [(200, LightVMJson.Default.IReadOnlyListOperation)],
        });
        routes.Map("GET", "/v1/operations/{id}", GetAsync, new(
            "getOperation", "One operation, at once or when it has ended or moved on.")
        {
            Query = [("waitMs", "integer", "Milliseconds to wait for it to move on, at most 60,000.")],
            Responses = [(200, LightVMJson.Default.Operation)],
            Errors = [ErrorCodes.OperationNotFound],
        });
        routes.Map("DELETE", "/v1/operations/{id}", CancelAsync, new(
            "cancelOperation", "No further guest of it is begun; what was done stays.")
        {
            Responses = [(200, LightVMJson.Default.Operation)],
            Keyed = true,
            Errors = [ErrorCodes.OperationNotFound],
        });
    }

    private Task<Reply> ListAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(operations.List(), WireJson.Default.IReadOnlyListOperation));
    }

    private async Task<Reply> GetAsync(Call call)
    {
        long waitMs = new QueryReader(call.Http.Request, "waitMs").Number("waitMs", MaxWaitMs) ?? 0;
        RunningOperation operation = operations.Get(call.Route("id"));
        if (waitMs > 0)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, stopping);
            try
            {
                await operation.Moved.WaitAsync(TimeSpan.FromMilliseconds(waitMs), ending.Token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // It has not moved on: the answer says where it stands.
            }
        }

        return Reply.Json(operation.Snapshot(results: true), WireJson.Default.Operation);
    }

    private Task<Reply> CancelAsync(Call call)
    {
        RunningOperation operation = operations.Get(call.Route("id"));
        operation.Cancel();
        return Task.FromResult(Reply.Json(operation.Snapshot(results: true), WireJson.Default.Operation));
    }
}
