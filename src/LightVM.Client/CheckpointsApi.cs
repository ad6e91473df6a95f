using System.Text.Json;

namespace LightVM.Client;

/// <summary>/v1/checkpoints, and saving. In a batch each result carries its own problem; the call itself fails only as a whole.</summary>
public sealed class CheckpointsApi
{
    private readonly HostConnection connection;
    private readonly OperationsApi operations;

    internal CheckpointsApi(HostConnection connection, OperationsApi operations) => (this.connection, this.operations) = (connection, operations);

    public async Task<IReadOnlyList<Checkpoint>> ListAsync(CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Checkpoint> checkpoints = await connection.GetAsync(
            "v1/checkpoints", LightVMJson.Default.IReadOnlyListCheckpoint, cancellationToken).ConfigureAwait(false);
        foreach (Checkpoint checkpoint in checkpoints)
        {
            connection.Stamps.On(checkpoint);
        }

        return checkpoints;
    }

    /// <param name="name">The checkpoint.</param>
    /// <param name="force">Whether a guest that is saved in it is Stopped.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInUse.</exception>
    public async Task RemoveAsync(string name, bool force = false, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        await connection.SendAsync(HttpMethod.Delete, Path(name) + (force ? "?force=true" : ""), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Saves guests, as an operation of the daemon: with progress, and canceled there when the token is.</summary>
    public async Task<BatchResult> SaveAsync(SaveGuestsRequest request, IProgress<Operation>? progress, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        string key = HostConnection.NewKey();
        return await operations.RunAsync(
            async () => connection.Stamps.On(await connection.SendAsync(
                HttpMethod.Post, "v1/guests/save", request, LightVMJson.Default.SaveGuestsRequest, LightVMJson.Default.Operation, cancellationToken,
                respondAsync: true, idempotencyKey: key).ConfigureAwait(false)),
            progress,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Restores checkpoints, likewise.</summary>
    public async Task<BatchResult> RestoreAsync(RestoreGuestsRequest request, IProgress<Operation>? progress, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        string key = HostConnection.NewKey();
        return await operations.RunAsync(
            async () => connection.Stamps.On(await connection.SendAsync(
                HttpMethod.Post, "v1/checkpoints/restore", request, LightVMJson.Default.RestoreGuestsRequest, LightVMJson.Default.Operation, cancellationToken,
                respondAsync: true, idempotencyKey: key).ConfigureAwait(false)),
            progress,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings a checkpoint's file here: it is written beside, verified, and renamed when it is whole.</summary>
    /// <param name="name">The checkpoint.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="progress">Told of bytes that have come.</param>
    /// <param name="cancellationToken">Stops it; nothing is left then.</param>
    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInvalid.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task DownloadAsync(string name, string path, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (HttpResponseMessage response = await connection.OpenAsync(Path(name) + "/data", cancellationToken).ConfigureAwait(false))
            await using (Stream content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false))
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
            {
                await CheckpointCopy.RunAsync(content, file, name, progress, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
        }
        catch (HttpRequestException e)
        {
            throw CheckpointFormat.Invalid(name, "the connection broke while it was read", e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Verifies a file and sends it to the host.</summary>
    /// <param name="name">What the host is to call it.</param>
    /// <param name="path">The file.</param>
    /// <param name="automatic">Whether it goes from the host when it was restored.</param>
    /// <param name="progress">Told of bytes that are sent.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="LightVMException">CheckpointExists, CheckpointInvalid.</exception>
    public async Task UploadAsync(string name, string path, bool automatic, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        await connection.UploadAsync(Path(name) + (automatic ? "/data?automatic=true" : "/data"), path, cancellationToken, progress).ConfigureAwait(false);
    }

    /// <summary>Verifies a file, and reads whose it is.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<(string Name, string GuestName)> ReadFileAsync(string path, CancellationToken cancellationToken = default)
    {
        await using FileStream file = File.OpenRead(path);
        CheckpointVerifier verified = await CheckpointCopy.RunAsync(file, null, path, null, cancellationToken).ConfigureAwait(false);
        try
        {
            using var header = JsonDocument.Parse(verified.Header!.Value);
            return (header.RootElement.GetProperty("name").GetString()!, header.RootElement.GetProperty("guest").GetProperty("name").GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw CheckpointFormat.Invalid(path, $"its header is not understood: {e.Message}", e);
        }
    }

    private static string Path(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "v1/checkpoints/" + Uri.EscapeDataString(name);
    }

    private Task RequireAsync(CancellationToken cancellationToken) => connection.Features.RequireAsync(cancellationToken, HostFeatures.Checkpoints);
}
