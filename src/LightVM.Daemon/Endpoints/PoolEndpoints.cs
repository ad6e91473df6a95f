using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/pool: shells that are kept ready.</summary>
internal sealed class PoolEndpoints(IGuests guests)
{
    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/pool", GetAsync, new("getPool", "The shell pool: its flavours, sorted by image and memory.")
        {
            Responses = [(200, LightVMJson.Default.Pool)],
        });
        routes.Map("PATCH", "/v1/pool", ChangeAsync, new("changePool", "Changes the memory that all shells together may take.")
        {
            Request = LightVMJson.Default.PoolChange,
            Responses = [(200, LightVMJson.Default.Pool)],
            Keyed = true,
        });
        routes.Map("PUT", "/v1/pool/flavours/{image}", PutAsync, new(
            "putPoolFlavour", "Has so many shells of an image kept ready. Memory, vCPUs and devices say which; a count of 0 ends it.")
        {
            Request = LightVMJson.Default.PoolFlavourDefinition,
            Responses = [(200, LightVMJson.Default.PoolFlavour)],
            Keyed = true,
            Errors = [ErrorCodes.ImageNotFound],
        });
        routes.Map("PUT", "/v1/pool/checkpoints/{name}", PutCheckpointAsync, new(
            "putPoolCheckpoint", "Has so many shells of a checkpoint kept ready, for clones of it; a count of 0 ends it.")
        {
            Request = LightVMJson.Default.PoolFlavourDefinition,
            Responses = [(200, LightVMJson.Default.PoolFlavour)],
            Keyed = true,
            Errors = [ErrorCodes.CheckpointNotFound],
        });
        routes.Map("DELETE", "/v1/pool/flavours/{image}", DeleteAsync, new(
            "deletePoolFlavours", "Keeps no shells of an image any more, whatever their memory, vCPUs and devices.")
        {
            Responses = [(204, null)],
            Keyed = true,
        });
    }

    private Task<Reply> GetAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(guests.PoolInfo(), WireJson.Default.Pool));
    }

    private async Task<Reply> ChangeAsync(Call call)
    {
        PoolChange change = await call.ReadAsync(RequestJson.PoolChange).ConfigureAwait(false);
        return Reply.Json(guests.ChangePool(change, call.Actor), WireJson.Default.Pool);
    }

    private async Task<Reply> PutAsync(Call call)
    {
        PoolFlavourDefinition definition = await call.ReadAsync(RequestJson.PoolFlavourDefinition).ConfigureAwait(false);
        return Reply.Json(guests.PutPoolFlavour(call.Route("image"), definition, call.Actor), WireJson.Default.PoolFlavour);
    }

    private async Task<Reply> PutCheckpointAsync(Call call)
    {
        PoolFlavourDefinition definition = await call.ReadAsync(RequestJson.PoolFlavourDefinition).ConfigureAwait(false);
        return Reply.Json(guests.PutPoolCheckpoint(call.Route("name"), definition, call.Actor), WireJson.Default.PoolFlavour);
    }

    private Task<Reply> DeleteAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        guests.RemovePoolFlavours(call.Route("image"), call.Actor);
        return Task.FromResult(Reply.NoContent);
    }
}
