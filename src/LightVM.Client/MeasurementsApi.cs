namespace LightVM.Client;

/// <summary>/v1/measurements: what guests use.</summary>
public sealed class MeasurementsApi
{
    private readonly HostConnection connection;

    internal MeasurementsApi(HostConnection connection) => this.connection = connection;

    /// <summary>All guests, or those of a query, in one request; a query that matches nothing is an empty list.</summary>
    public async Task<IReadOnlyList<GuestMeasurement>> GetAsync(GuestQuery? query = null, CancellationToken cancellationToken = default)
    {
        await connection.Features.RequireAsync(cancellationToken, HostFeatures.Measurements).ConfigureAwait(false);
        IReadOnlyList<GuestMeasurement> measured = await connection.GetAsync(
            "v1/measurements" + query?.ToQueryString(), LightVMJson.Default.IReadOnlyListGuestMeasurement, cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(measured);
    }
}
