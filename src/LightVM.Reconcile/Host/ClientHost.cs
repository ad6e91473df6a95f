using LightVM.Client;

namespace LightVM.Reconcile;

/// <summary>A host reached by its daemon's API.</summary>
public sealed class ClientHost : IReconcileHost
{
    private readonly LightVMClient client;

    /// <param name="client">Stays the caller's.</param>
    public ClientHost(LightVMClient client) => this.client = client;

    public string HostName => client.HostName;

    public async Task<ObservedHost> ObserveAsync(string fleetName, CancellationToken cancellationToken)
    {
        // One after the other: three connections would cost more than three requests on an open one.
        IReadOnlyList<Image> images = await client.Images.ListAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Guest> guests = await client.Guests.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        Fleet? record = await client.Fleets.FindAsync(fleetName, cancellationToken).ConfigureAwait(false);
        return new ObservedHost(HostName, images, guests, record);
    }

    public Task<Image> ImportImageAsync(string directory, bool force, CancellationToken cancellationToken) =>
        client.Images.ImportAsync(directory, force, cancellationToken);

    public async Task<IReadOnlyList<GuestResult>> CreateGuestsAsync(IReadOnlyList<GuestDefinition> guests, CancellationToken cancellationToken) =>
        (await client.Guests.CreateAsync(new CreateGuestsRequest { Guests = guests, Start = true }, cancellationToken).ConfigureAwait(false)).Results;

    public async Task<IReadOnlyList<GuestResult>> ActAsync(GuestActionRequest request, CancellationToken cancellationToken) =>
        (await client.Guests.ActAsync(request, cancellationToken).ConfigureAwait(false)).Results;

    public Task<Guest> ChangeGuestAsync(Guid id, GuestChange change, long revision, CancellationToken cancellationToken) =>
        client.Guests.ChangeAsync(id, change, revision, cancellationToken);

    public Task RecordAsync(Fleet fleet, CancellationToken cancellationToken) => client.Fleets.PutAsync(fleet, cancellationToken);
}
