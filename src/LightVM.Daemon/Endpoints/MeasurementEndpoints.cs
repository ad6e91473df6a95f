using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/v1/measurements: what guests use.</summary>
internal sealed class MeasurementEndpoints(IGuests guests)
{
    public void Map(Routes routes) =>
        routes.Map("GET", "/v1/measurements", GetAsync, new(
            "measureGuests", "What guests use and have done, sorted by name: processor time, memory, counters of adapters and disks.")
        {
            Query = GuestFilters.Query,
            Responses = [(200, LightVMJson.Default.IReadOnlyListGuestMeasurement)],
            Errors = [ErrorCodes.XenError],
        });

    private async Task<Reply> GetAsync(Call call) => Reply.Json(
        await guests.MeasureAsync(GuestFilters.Of(call)).ConfigureAwait(false), WireJson.Default.IReadOnlyListGuestMeasurement);
}
