using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>/v1/guests/{id}/adapters.</summary>
public sealed class AdaptersApi : DevicesApi<Adapter, AdapterDefinition>
{
    internal AdaptersApi(HostConnection connection)
        : base(connection, "adapters", HostFeatures.Adapters)
    {
    }

    private protected override JsonTypeInfo<Adapter> Device => LightVMJson.Default.Adapter;

    private protected override JsonTypeInfo<IReadOnlyList<Adapter>> Devices => LightVMJson.Default.IReadOnlyListAdapter;

    private protected override JsonTypeInfo<AdapterDefinition> Definition => LightVMJson.Default.AdapterDefinition;

    /// <exception cref="LightVMException">GuestNotFound, AdapterNotFound, InvalidArgument.</exception>
    public async Task<Adapter> ChangeAsync(Guest guest, int adapter, AdapterChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        await RequireAsync(guest, cancellationToken).ConfigureAwait(false);
        return Stamp(
            await Connection.SendAsync(
                HttpMethod.Patch, Path(guest, adapter), change, LightVMJson.Default.AdapterChange, Device, cancellationToken).ConfigureAwait(false),
            guest);
    }

    private protected override Adapter Stamp(Adapter device, Guest guest) => Connection.Stamps.On(device, guest.Name);
}
