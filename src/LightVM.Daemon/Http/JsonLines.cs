using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>Streams values as NDJSON, each line sent as soon as no further one is at hand.</summary>
internal static class JsonLines
{
    public const string ContentType = "application/x-ndjson";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = WireJson.Default.Options.Encoder,
        SkipValidation = true,
    };

    /// <summary>How long a stream is silent before a blank line shows that it lives.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <param name="stopping">Ends with the daemon: the connection is then cut, so that the reader knows that there is more to come.</param>
    public static async Task<Reply> SendAsync<T>(
        HttpContext http, IAsyncEnumerable<T> values, JsonTypeInfo<T> type, CancellationToken stopping, TimeSpan? keepAlive = null)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        IAsyncEnumerator<T> source = values.GetAsyncEnumerator(ending.Token);
        Task<bool>? next = null;
        try
        {
            // What is wrong with the request shows before the answer begins.
            next = source.MoveNextAsync().AsTask();
            if (next.IsFaulted)
            {
                await next.ConfigureAwait(false);
            }

            http.Response.ContentType = ContentType;
            await http.Response.StartAsync(ending.Token).ConfigureAwait(false);
            while (true)
            {
                if (!next.IsCompleted)
                {
                    await http.Response.BodyWriter.FlushAsync(ending.Token).ConfigureAwait(false);
                    try
                    {
                        await next.WaitAsync(keepAlive ?? KeepAlive, ending.Token).ConfigureAwait(false);
                    }
                    catch (TimeoutException) when (!next.IsCompleted)
                    {
                        Write(http, "\n"u8);
                        continue;
                    }
                }

                if (!await next.ConfigureAwait(false))
                {
                    return Reply.Sent;
                }

                using (var writer = new Utf8JsonWriter(http.Response.BodyWriter, WriterOptions))
                {
                    JsonSerializer.Serialize(writer, source.Current, type);
                }

                Write(http, "\n"u8);
                if (http.Response.BodyWriter.UnflushedBytes > 64 * 1024)
                {
                    await http.Response.BodyWriter.FlushAsync(ending.Token).ConfigureAwait(false);
                }

                next = source.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            if (next is { IsCompleted: false })
            {
                // An enumerator may only be disposed at rest.
                await next.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            }

            await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static void Write(HttpContext http, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(http.Response.BodyWriter.GetSpan(bytes.Length));
        http.Response.BodyWriter.Advance(bytes.Length);
    }
}
