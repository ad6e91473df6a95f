namespace LightVM.Client;

/// <summary>
/// Clones of guests and checkpoints. In a batch each result carries its own problem; the call itself fails only as a whole. With a progress a
/// copy is an operation of the daemon, which tells how far it is and is canceled there when the token is.
/// </summary>
public sealed class ClonesApi
{
    private readonly HostConnection connection;
    private readonly OperationsApi operations;

    internal ClonesApi(HostConnection connection, OperationsApi operations) => (this.connection, this.operations) = (connection, operations);

    /// <summary>Makes clones of a guest, which goes on if it runs; answered when the daemon has confirmed each.</summary>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, SuspendTimeout, InvalidArgument.</exception>
    public Task<BatchResult> CopyGuestAsync(
        Guid id, CopyGuestsRequest request, IProgress<Operation>? progress = null, CancellationToken cancellationToken = default) =>
        CopyAsync($"v1/guests/{id}/copy", request, progress, cancellationToken);

    /// <summary>Makes clones of the guest in a checkpoint, which stays.</summary>
    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInvalid, InvalidState, InvalidArgument.</exception>
    public Task<BatchResult> CopyCheckpointAsync(
        string name, CopyGuestsRequest request, IProgress<Operation>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return CopyAsync($"v1/checkpoints/{Uri.EscapeDataString(name)}/copy", request, progress, cancellationToken);
    }

    private async Task<BatchResult> CopyAsync(string path, CopyGuestsRequest request, IProgress<Operation>? progress, CancellationToken cancellationToken)
    {
        await connection.Features.RequireAsync(cancellationToken, HostFeatures.Clones).ConfigureAwait(false);
        if (progress is null)
        {
            return connection.Stamps.On(await connection.SendAsync(
                HttpMethod.Post, path, request, LightVMJson.Default.CopyGuestsRequest, LightVMJson.Default.BatchResult, cancellationToken).ConfigureAwait(false));
        }

        string key = HostConnection.NewKey();
        return await operations.RunAsync(
            async () => connection.Stamps.On(await connection.SendAsync(
                HttpMethod.Post, path, request, LightVMJson.Default.CopyGuestsRequest, LightVMJson.Default.Operation, cancellationToken,
                respondAsync: true, idempotencyKey: key).ConfigureAwait(false)),
            progress,
            cancellationToken).ConfigureAwait(false);
    }
}
