using LightVM.Daemon.Http;
using LightVM.Toolstack;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/networks: what guests' adapters can be on.</summary>
internal sealed class NetworkEndpoints(NetworkManager networks)
{
    public void Map(Routes routes)
    {
        routes.Map("GET", "/v1/networks", ListAsync, new("listNetworks", "Networks of the host, sorted by name.")
        {
            Responses = [(200, LightVMJson.Default.IReadOnlyListNetwork)],
        });
        routes.Map("GET", "/v1/networks/{name}", GetAsync, new("getNetwork", "One network.")
        {
            Responses = [(200, LightVMJson.Default.Network)],
            Errors = [ErrorCodes.NetworkNotFound],
        });
        routes.Map("PUT", "/v1/networks/{name}", PutAsync, new(
            "putNetwork", "Makes a network. The same again changes nothing; another is changed with change, else NetworkExists.")
        {
            Request = LightVMJson.Default.NetworkDefinition,
            Responses = [(200, LightVMJson.Default.Network), (201, LightVMJson.Default.Network)],
            Query = [("change", "boolean", "Change the network that is there; false.")],
            Keyed = true,
            Errors =
            [
                ErrorCodes.NetworkExists, ErrorCodes.NetworkInUse, ErrorCodes.AddressInUse, ErrorCodes.PoolExhausted, ErrorCodes.FeatureMissing,
            ],
        });
        routes.Map("DELETE", "/v1/networks/{name}", DeleteAsync, new("deleteNetwork", "Removes a network that no adapter is on; default stays.")
        {
            Responses = [(204, null)],
            Keyed = true,
            Errors = [ErrorCodes.NetworkNotFound, ErrorCodes.NetworkInUse],
        });
    }

    private Task<Reply> ListAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        return Task.FromResult(Reply.Json(networks.List(), WireJson.Default.IReadOnlyListNetwork));
    }

    private Task<Reply> GetAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        string name = call.Route("name");
        Network network = networks.Find(name) ?? throw new LightVMException(
            ErrorCodes.NetworkNotFound, $"There is no network '{name}' on this host.", name);
        return Task.FromResult(Reply.Json(network, WireJson.Default.Network));
    }

    private async Task<Reply> PutAsync(Call call)
    {
        bool change = new QueryReader(call.Http.Request, "change").Flag("change");
        NetworkDefinition definition = await call.ReadAsync(RequestJson.NetworkDefinition).ConfigureAwait(false);
        Network network = networks.Put(call.Route("name"), definition, change, call.Actor, out bool created);
        return Reply.Json(network, WireJson.Default.Network, created ? 201 : 200);
    }

    private Task<Reply> DeleteAsync(Call call)
    {
        _ = new QueryReader(call.Http.Request);
        networks.Remove(call.Route("name"), call.Actor);
        return Task.FromResult(Reply.NoContent);
    }
}
