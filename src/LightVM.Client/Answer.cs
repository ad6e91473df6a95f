using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>Reads what a daemon answered.</summary>
internal static class Answer
{
    public static async Task<T> ReadAsync<T>(
        HostEndpoint endpoint, HttpResponseMessage response, string uri, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await ThrowIfFailedAsync(endpoint, response, uri, cancellationToken).ConfigureAwait(false);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new LightVMException(ConnectionFailure.NotUnderstood(endpoint, uri, e.Message), e);
        }
    }

    /// <exception cref="LightVMException">The answer is no success: its problem document, or what can be said without one.</exception>
    public static async Task ThrowIfFailedAsync(
        HostEndpoint endpoint, HttpResponseMessage response, string uri, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            Problem? problem = null;
            try
            {
                problem = JsonSerializer.Deserialize(body, LightVMJson.Default.Problem);
            }
            catch (JsonException e)
            {
                throw new LightVMException(ConnectionFailure.NotUnderstood(endpoint, uri, e.Message), e);
            }

            if (problem is not null)
            {
                throw new LightVMException(problem);
            }
        }

        throw new LightVMException(ConnectionFailure.Unexplained(endpoint, uri, response.StatusCode));
    }
}
