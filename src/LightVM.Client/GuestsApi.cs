using System.Globalization;

namespace LightVM.Client;

/// <summary>/v1/guests. In a batch each result carries its own problem; the call itself fails only as a whole.</summary>
public sealed class GuestsApi
{
    private readonly HostConnection connection;
    private readonly OperationsApi operations;

    internal GuestsApi(HostConnection connection, OperationsApi operations) => (this.connection, this.operations) = (connection, operations);

    /// <summary>All guests in one request; a query that matches nothing is an empty list.</summary>
    public async Task<IReadOnlyList<Guest>> ListAsync(GuestQuery? query = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Guest> guests = await connection.GetAsync(
            "v1/guests" + query?.ToQueryString(), LightVMJson.Default.IReadOnlyListGuest, cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(guests);
    }

    /// <exception cref="LightVMException">GuestNotFound.</exception>
    public async Task<Guest> GetAsync(string idOrName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(idOrName);
        return connection.Stamps.On(await connection.GetAsync(
            "v1/guests/" + Uri.EscapeDataString(idOrName), LightVMJson.Default.Guest, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc cref="GetAsync(string, CancellationToken)"/>
    public Task<Guest> GetAsync(Guid id, CancellationToken cancellationToken = default) => GetAsync(id.ToString(), cancellationToken);

    /// <summary>Creates guests and, unless told otherwise, starts them; answered when the daemon has confirmed each.</summary>
    public async Task<BatchResult> CreateAsync(CreateGuestsRequest request, CancellationToken cancellationToken = default)
    {
        await RequireAsync(request, cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Post, "v1/guests", request, LightVMJson.Default.CreateGuestsRequest, LightVMJson.Default.BatchResult, cancellationToken)
            .ConfigureAwait(false));
    }

    /// <summary>The same for who does not look at guests that were made: null if all were, which spares both ends most of an answer.</summary>
    public async Task<BatchResult?> CreateForProblemsAsync(CreateGuestsRequest request, CancellationToken cancellationToken = default)
    {
        await RequireAsync(request, cancellationToken).ConfigureAwait(false);
        BatchResult? problems = await connection.SendForProblemsAsync(
            HttpMethod.Post, "v1/guests", request, LightVMJson.Default.CreateGuestsRequest, LightVMJson.Default.BatchResult, cancellationToken)
            .ConfigureAwait(false);
        return problems is null ? null : connection.Stamps.On(problems);
    }

    /// <summary>
    /// The same as an operation of the daemon: with progress, and canceled there when the token is. A daemon that is killed meanwhile
    /// completes the very creation when it is back.
    /// </summary>
    public Task<BatchResult> CreateAsync(
        CreateGuestsRequest request, IProgress<Operation>? progress, CancellationToken cancellationToken = default)
    {
        string key = HostConnection.NewKey();
        return operations.RunAsync(() => BeginCreateAsync(request, key, cancellationToken), progress, cancellationToken);
    }

    /// <summary>Begins the same as an operation: <see cref="OperationsApi.CompleteAsync"/> follows it.</summary>
    /// <param name="request">The guests.</param>
    /// <param name="idempotencyKey">By which the daemon knows the request again; null: a new one.</param>
    /// <param name="cancellationToken">Stops waiting for the operation's number.</param>
    public async Task<Operation> BeginCreateAsync(
        CreateGuestsRequest request, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        await RequireAsync(request, cancellationToken).ConfigureAwait(false);
        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Post, "v1/guests", request, LightVMJson.Default.CreateGuestsRequest, LightVMJson.Default.Operation, cancellationToken,
            respondAsync: true, idempotencyKey: idempotencyKey).ConfigureAwait(false));
    }

    /// <summary>One action on many guests; answered when it is done for each, so for Stop possibly only after its time-out.</summary>
    public async Task<BatchResult> ActAsync(GuestActionRequest request, CancellationToken cancellationToken = default) =>
        connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Post, "v1/guests/actions", request, LightVMJson.Default.GuestActionRequest, LightVMJson.Default.BatchResult, cancellationToken)
            .ConfigureAwait(false));

    /// <summary>The same for who does not look at the guests afterwards: null if it is done for each.</summary>
    public async Task<BatchResult?> ActForProblemsAsync(GuestActionRequest request, CancellationToken cancellationToken = default)
    {
        BatchResult? problems = await connection.SendForProblemsAsync(
            HttpMethod.Post, "v1/guests/actions", request, LightVMJson.Default.GuestActionRequest, LightVMJson.Default.BatchResult, cancellationToken)
            .ConfigureAwait(false);
        return problems is null ? null : connection.Stamps.On(problems);
    }

    /// <summary>The same as an operation of the daemon: with progress, and canceled there when the token is.</summary>
    public Task<BatchResult> ActAsync(
        GuestActionRequest request, IProgress<Operation>? progress, CancellationToken cancellationToken = default)
    {
        string key = HostConnection.NewKey();
        return operations.RunAsync(() => BeginActAsync(request, key, cancellationToken), progress, cancellationToken);
    }

    /// <inheritdoc cref="BeginCreateAsync"/>
    public async Task<Operation> BeginActAsync(
        GuestActionRequest request, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Post, "v1/guests/actions", request, LightVMJson.Default.GuestActionRequest, LightVMJson.Default.Operation, cancellationToken,
            respondAsync: true, idempotencyKey: idempotencyKey).ConfigureAwait(false));

    /// <summary>Changes a definition.</summary>
    /// <param name="id">The guest.</param>
    /// <param name="change">What is to change.</param>
    /// <param name="ifRevision">The <see cref="Guest.Revision"/> that the change was decided on; null: whatever it is now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, InvalidArgument, RevisionConflict.</exception>
    public async Task<Guest> ChangeAsync(Guid id, GuestChange change, long? ifRevision = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Publish is not null)
        {
            await connection.Features.RequireAsync(cancellationToken, HostFeatures.Publish).ConfigureAwait(false);
        }

        if (change.Probes is not null || change.DrainSeconds is not null || change.KeepPrevious == true || change.Revert == true)
        {
            await connection.Features.RequireAsync(cancellationToken, HostFeatures.Probes).ConfigureAwait(false);
        }

        if (change.DeletionPolicy is not null)
        {
            await connection.Features.RequireAsync(cancellationToken, HostFeatures.DeletionPolicies).ConfigureAwait(false);
        }

        return connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Patch, $"v1/guests/{id}", change, LightVMJson.Default.GuestChange, LightVMJson.Default.Guest, cancellationToken,
            ifMatch: ifRevision is { } revision ? string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"") : null).ConfigureAwait(false));
    }

    /// <summary>Answered when each guest is there, or with a WaitTimeout problem for each that is not in time.</summary>
    public async Task<BatchResult> WaitAsync(WaitRequest request, CancellationToken cancellationToken = default) =>
        connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Post, "v1/guests/wait", request, LightVMJson.Default.WaitRequest, LightVMJson.Default.BatchResult, cancellationToken)
            .ConfigureAwait(false));

    /// <summary>A daemon that does not know a member refuses the whole request; this says which version knows it.</summary>
    private Task RequireAsync(CreateGuestsRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var features = new List<string>(3);
        void Need(string feature, Func<GuestDefinition, bool> uses)
        {
            if (request.Guests.Any(uses))
            {
                features.Add(feature);
            }
        }

        Need(HostFeatures.Adapters, guest => guest.Adapters is not null);
        Need(HostFeatures.Disks, guest => guest.Disks is not null);
        Need(HostFeatures.Publish, guest => guest.Publish is not null);
        Need(HostFeatures.Probes, guest => guest.Probes is not null || guest.DrainSeconds is not null || guest.Publish?.Any(port => port.Group is not null) == true);
        Need(HostFeatures.DeletionPolicies, guest => guest.DeletionPolicy is not null);
        return features.Count == 0 ? Task.CompletedTask : connection.Features.RequireAsync(cancellationToken, [.. features]);
    }
}
