using System.Globalization;

namespace LightVM.Client;

/// <summary>/v1/operations.</summary>
public sealed class OperationsApi
{
    // A daemon that dies this often within one batch will not complete it.
    private const int MostLives = 5;

    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(5);

    private readonly HostConnection connection;

    internal OperationsApi(HostConnection connection) => this.connection = connection;

    public async Task<IReadOnlyList<Operation>> ListAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Operation> operations = await connection.GetAsync(
            "v1/operations", LightVMJson.Default.IReadOnlyListOperation, cancellationToken).ConfigureAwait(false);
        foreach (Operation operation in operations)
        {
            connection.Stamps.On(operation);
        }

        return operations;
    }

    /// <param name="id">The operation.</param>
    /// <param name="wait">Answered when it has moved on or ended, at the latest after this time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">OperationNotFound.</exception>
    public async Task<Operation> GetAsync(Guid id, TimeSpan wait = default, CancellationToken cancellationToken = default) =>
        connection.Stamps.On(await connection.GetAsync(
            string.Create(CultureInfo.InvariantCulture, $"v1/operations/{id}?waitMs={(long)wait.TotalMilliseconds}"),
            LightVMJson.Default.Operation, cancellationToken).ConfigureAwait(false));

    /// <summary>No further guest of it is begun; those that are done stay.</summary>
    public async Task<Operation> CancelAsync(Guid id, CancellationToken cancellationToken = default) =>
        connection.Stamps.On(await connection.SendAsync(
            HttpMethod.Delete, $"v1/operations/{id}", LightVMJson.Default.Operation, cancellationToken).ConfigureAwait(false));

    /// <summary>Follows an operation to its end. When the token is canceled, so is the operation, on the daemon too.</summary>
    public async Task<Operation> CompleteAsync(
        Operation operation, IProgress<Operation>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        try
        {
            while (operation.Status == OperationStatus.Running)
            {
                progress?.Report(operation);
                operation = await GetAsync(operation.Id, LongPoll, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            await CancelBestEffortAsync(operation.Id).ConfigureAwait(false);
            throw;
        }

        progress?.Report(operation);
        return operation;
    }

    /// <summary>
    /// An operation lives as long as the daemon. When that was restarted, the request is sent again with its key: what was done is
    /// found there, the rest is done now.
    /// </summary>
    internal async Task<BatchResult> RunAsync(
        Func<Task<Operation>> begin, IProgress<Operation>? progress, CancellationToken cancellationToken)
    {
        for (int lives = 0; ; lives++)
        {
            Operation operation = await begin().ConfigureAwait(false);
            try
            {
                Operation ended = await CompleteAsync(operation, progress, cancellationToken).ConfigureAwait(false);
                return new BatchResult { Results = ended.Results ?? throw new LightVMException(ConnectionFailure.NoResults(connection.Endpoint, ended)) };
            }
            catch (LightVMException e) when (e.Problem.Code == ErrorCodes.OperationNotFound && lives < MostLives)
            {
                continue;
            }
        }
    }

    private async Task CancelBestEffortAsync(Guid id)
    {
        // The caller is leaving and must not be kept: half a second, and a daemon that does not answer finishes the batch.
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        try
        {
            await CancelAsync(id, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LightVMException or OperationCanceledException)
        {
            System.Diagnostics.Trace.TraceWarning($"Operation {id} could not be canceled: {e.Message}");
        }
    }
}
