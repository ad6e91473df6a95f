using LightVM.Daemon.Http;
using LightVM.Daemon.Operations;
using Microsoft.AspNetCore.Http.Features;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/checkpoints: saved guests, their files, and bringing them back.</summary>
internal sealed class CheckpointEndpoints(ICheckpoints checkpoints, OperationRegistry operations)
{
    /// <summary>Bytes of a file: the memory of the largest guests.</summary>
    private const long MaxFile = 1L << 40;

    private readonly Batches _batches = new(operations);

    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/checkpoints", ListAsync, new("listCheckpoints", "Checkpoints, sorted by name.")
        {
            Responses = [(200, LightVMJson.Default.IReadOnlyListCheckpoint)],
        });
        routes.Map("GET", "/v1/checkpoints/{name}", GetAsync, new("getCheckpoint", "One checkpoint.")
        {
            Responses = [(200, LightVMJson.Default.Checkpoint)],
            Errors = [ErrorCodes.CheckpointNotFound],
        });
        routes.Map("DELETE", "/v1/checkpoints/{name}", RemoveAsync, new("removeCheckpoint", "Removes a checkpoint.")
        {
            Query = [("force", "boolean", "A guest that is saved in it is Stopped then.")],
            Responses = [(204, null)],
            Keyed = true,
            Errors = [ErrorCodes.CheckpointNotFound, ErrorCodes.CheckpointInUse],
        });
        routes.Map("GET", "/v1/checkpoints/{name}/data", ReadAsync, new("readCheckpoint", "The bytes of a checkpoint's file; docs/checkpoints.md describes them.")
        {
            Responses = [(200, null)],
            Errors = [ErrorCodes.CheckpointNotFound],
        });
        routes.Map("PUT", "/v1/checkpoints/{name}/data", PutAsync, new(
            "putCheckpoint", "Uploads a checkpoint's file, which is entered only if all of it is whole.")
        {
            RawRequest = true,
            Query =
            [
                ("automatic", "boolean", "It goes when it was restored."),
                ("force", "boolean", "Replaces one of that name."),
            ],
            Responses = [(201, LightVMJson.Default.Checkpoint)],
            Errors = [ErrorCodes.CheckpointExists, ErrorCodes.CheckpointInUse, ErrorCodes.CheckpointInvalid],
        });
        routes.Map("POST", "/v1/checkpoints/restore", RestoreAsync, new(
            "restoreCheckpoints", "Brings guests back, each from one checkpoint: one result for each, in that order.")
        {
            Request = LightVMJson.Default.RestoreGuestsRequest,
            Responses = [(200, LightVMJson.Default.BatchResult), (202, LightVMJson.Default.Operation), (204, null)],
            Keyed = true,
            Async = true,
        });
    }

    private Task<Reply> ListAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(checkpoints.ListCheckpoints(), WireJson.Default.IReadOnlyListCheckpoint));
    }

    private Task<Reply> GetAsync(Call call) =>
        Task.FromResult(Reply.Json(checkpoints.GetCheckpoint(call.Route("name")), WireJson.Default.Checkpoint));

    private async Task<Reply> RemoveAsync(Call call)
    {
        bool force = new QueryReader(call.Http.Request, "force").Flag("force");
        await checkpoints.RemoveCheckpointAsync(call.Route("name"), force, call.Actor).ConfigureAwait(false);
        return Reply.NoContent;
    }

    private async Task<Reply> ReadAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        await using Stream file = checkpoints.OpenCheckpoint(call.Route("name"));
        call.Http.Response.StatusCode = 200;
        call.Http.Response.ContentType = "application/octet-stream";
        call.Http.Response.ContentLength = file.Length;
        await file.CopyToAsync(call.Http.Response.Body, 1 << 17, call.Cancellation).ConfigureAwait(false);
        return Reply.Sent;
    }

    private async Task<Reply> PutAsync(Call call)
    {
        var query = new QueryReader(call.Http.Request, "automatic", "force");
        if (call.Http.Request.ContentLength > MaxFile)
        {
            throw Problems.InvalidArgument($"The file is larger than {MaxFile} bytes.", call.Route("name"), status: 413);
        }

        call.Http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxFile;
        Checkpoint taken = await checkpoints.PutCheckpointAsync(
            call.Route("name"), call.Http.Request.Body, query.Flag("automatic"), query.Flag("force"), call.Cancellation).ConfigureAwait(false);
        return Reply.Json(taken, WireJson.Default.Checkpoint, 201);
    }

    private async Task<Reply> RestoreAsync(Call call)
    {
        RestoreGuestsRequest request = await call.ReadAsync(RequestJson.RestoreGuestsRequest).ConfigureAwait(false);
        RequestChecks.Check(request);
        return await _batches.RunAsync(
            call,
            "restoreCheckpoints",
            () => request.Checkpoints,
            (progress, cancellation) => checkpoints.RestoreAsync(request, call.Actor, progress, cancellation)).ConfigureAwait(false);
    }
}
