using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/guests/{idOrName}/adapters and …/disks.</summary>
internal sealed class DeviceEndpoints(IGuests guests)
{
    private const string Adapters = "/v1/guests/{idOrName}/adapters";
    private const string Disks = "/v1/guests/{idOrName}/disks";

    private static readonly (string, string, string)[] Counters = [("counters", "boolean", "Asks lightvm-io what each has done.")];
    private static readonly (string, string, string)[] Force = [("force", "boolean", "Does not wait for the guest to let go.")];

    public void Map(Routes routes)
    {
        routes.Map("GET", Adapters, ListAdaptersAsync, new("listAdapters", "The network adapters of a guest.")
        {
            Query = Counters,
            Responses = [(200, LightVMJson.Default.IReadOnlyListAdapter)],
            Errors = [ErrorCodes.GuestNotFound],
        });
        routes.Map("POST", Adapters, AddAdapterAsync, new("addAdapter", "Adds an adapter, hot if the guest runs.")
        {
            Request = LightVMJson.Default.AdapterDefinition,
            Responses = [(201, LightVMJson.Default.Adapter)],
            Keyed = true,
            Errors =
            [
                ErrorCodes.GuestNotFound, ErrorCodes.NetworkNotFound, ErrorCodes.AddressInUse, ErrorCodes.PoolExhausted, ErrorCodes.InvalidState,
            ],
        });
        routes.Map("PATCH", Adapters + "/{id}", ChangeAdapterAsync, new("changeAdapter", "Changes an adapter's rate limit, at once.")
        {
            Request = LightVMJson.Default.AdapterChange,
            Responses = [(200, LightVMJson.Default.Adapter)],
            Keyed = true,
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.AdapterNotFound],
        });
        routes.Map("DELETE", Adapters + "/{id}", RemoveAdapterAsync, new("removeAdapter", "Has the guest let go of an adapter, and removes it.")
        {
            Query = Force,
            Responses = [(204, null)],
            Keyed = true,
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.AdapterNotFound, ErrorCodes.DeviceTimeout, ErrorCodes.InvalidState],
        });
        routes.Map("GET", Disks, ListDisksAsync, new("listDisks", "The disks of a guest.")
        {
            Query = Counters,
            Responses = [(200, LightVMJson.Default.IReadOnlyListDisk)],
            Errors = [ErrorCodes.GuestNotFound],
        });
        routes.Map("POST", Disks, AddDiskAsync, new("addDisk", "Adds a disk, hot if the guest runs.")
        {
            Request = LightVMJson.Default.DiskDefinition,
            Responses = [(201, LightVMJson.Default.Disk)],
            Keyed = true,
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.DiskNotFound, ErrorCodes.DiskInUse, ErrorCodes.InvalidState],
        });
        routes.Map("DELETE", Disks + "/{id}", RemoveDiskAsync, new("removeDisk", "Has the guest let go of a disk, and removes it; its file stays.")
        {
            Query = Force,
            Responses = [(204, null)],
            Keyed = true,
            Errors = [ErrorCodes.GuestNotFound, ErrorCodes.DiskNotFound, ErrorCodes.DeviceTimeout],
        });
    }

    private Guid Find(Call call) => GuestEndpoints.Find(guests, call.Route("idOrName")).Id;

    private static int Number(Call call, string code, string what)
    {
        string text = call.Route("id");
        return int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id)
            ? id
            : throw new LightVMException(code, $"'{text}' is no number of {what}.", text);
    }

    private static bool ReadForce(Call call) => new QueryReader(call.Http.Request, "force").Flag("force");

    private async Task<Reply> ListAdaptersAsync(Call call)
    {
        bool counters = new QueryReader(call.Http.Request, "counters").Flag("counters");
        return Reply.Json(await guests.ListAdaptersAsync(Find(call), counters).ConfigureAwait(false), WireJson.Default.IReadOnlyListAdapter);
    }

    private async Task<Reply> AddAdapterAsync(Call call)
    {
        AdapterDefinition definition = await call.ReadAsync(RequestJson.AdapterDefinition).ConfigureAwait(false);
        return Reply.Json(await guests.AddAdapterAsync(Find(call), definition, call.Actor).ConfigureAwait(false), WireJson.Default.Adapter, 201);
    }

    private async Task<Reply> ChangeAdapterAsync(Call call)
    {
        AdapterChange change = await call.ReadAsync(RequestJson.AdapterChange).ConfigureAwait(false);
        int adapter = Number(call, ErrorCodes.AdapterNotFound, "an adapter");
        return Reply.Json(await guests.ChangeAdapterAsync(Find(call), adapter, change, call.Actor).ConfigureAwait(false), WireJson.Default.Adapter);
    }

    private async Task<Reply> RemoveAdapterAsync(Call call)
    {
        int adapter = Number(call, ErrorCodes.AdapterNotFound, "an adapter");
        await guests.RemoveAdapterAsync(Find(call), adapter, ReadForce(call), call.Actor).ConfigureAwait(false);
        return Reply.NoContent;
    }

    private async Task<Reply> ListDisksAsync(Call call)
    {
        bool counters = new QueryReader(call.Http.Request, "counters").Flag("counters");
        return Reply.Json(await guests.ListDisksAsync(Find(call), counters).ConfigureAwait(false), WireJson.Default.IReadOnlyListDisk);
    }

    private async Task<Reply> AddDiskAsync(Call call)
    {
        DiskDefinition definition = await call.ReadAsync(RequestJson.DiskDefinition).ConfigureAwait(false);
        return Reply.Json(await guests.AddDiskAsync(Find(call), definition, call.Actor).ConfigureAwait(false), WireJson.Default.Disk, 201);
    }

    private async Task<Reply> RemoveDiskAsync(Call call)
    {
        int disk = Number(call, ErrorCodes.DiskNotFound, "a disk");
        await guests.RemoveDiskAsync(Find(call), disk, ReadForce(call), call.Actor).ConfigureAwait(false);
        return Reply.NoContent;
    }
}
