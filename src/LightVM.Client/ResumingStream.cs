using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>Reads an NDJSON answer, item by item; when it breaks, asks again from where it was.</summary>
internal sealed class ResumingStream<T>(HostConnection connection, JsonTypeInfo<T> type, bool follow)
{
    // The daemon writes a blank line each 15 s; a stream that is silent for longer than this is dead.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(90);

    /// <param name="uri">Where the next request is to begin.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<T> ReadAsync(Func<string> uri, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool begun = false;
        Reconnect? reconnect = null;
        while (true)
        {
            using HttpResponseMessage? response = await OpenAsync(uri(), begun, reconnect, cancellationToken).ConfigureAwait(false);
            if (response is null)
            {
                if (!await (reconnect ??= new Reconnect(connection.ReconnectTime)).PauseAsync(cancellationToken).ConfigureAwait(false))
                {
                    // Asked once more without a way out: this throws what is wrong.
                    reconnect = null;
                    begun = false;
                }

                continue;
            }

            begun = true;
            Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            using var reader = new StreamReader(body, Encoding.UTF8, false, 64 * 1024);
            while (true)
            {
                (bool broken, string? line) = await ReadLineAsync(reader, cancellationToken).ConfigureAwait(false);
                if (broken)
                {
                    break;
                }

                if (line is null)
                {
                    yield break;
                }

                if (line.Length > 0)
                {
                    reconnect = null;
                    yield return Parse(line);
                }
            }

            reconnect ??= new Reconnect(connection.ReconnectTime);
            if (!await reconnect.PauseAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new LightVMException(ConnectionFailure.StreamLost(connection.Endpoint));
            }
        }
    }

    /// <returns>Null when the host is not there but may be again.</returns>
    private async Task<HttpResponseMessage?> OpenAsync(string uri, bool begun, Reconnect? reconnect, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.OpenAsync(uri, cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionLostException e)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A stale connection of a first request is worth one more attempt; a host that never answered is not.
            return begun || (e.WasConnected && reconnect is null) ? null : throw e.ToLightVMException();
        }
    }

    private async Task<(bool Broken, string? Line)> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (follow)
        {
            limit.CancelAfter(Silence);
        }

        try
        {
            return (false, await reader.ReadLineAsync(limit.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (true, null);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (true, null);
        }
    }

    private T Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new LightVMException(ConnectionFailure.NotUnderstood(connection.Endpoint, type.Type.Name, e.Message), e);
        }
    }
}
