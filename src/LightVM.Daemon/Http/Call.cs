using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LightVM.Daemon.Http;

/// <summary>One request on its way through a handler.</summary>
internal sealed class Call
{
    /// <summary>Bytes; of every body but a blob's.</summary>
    public const int MaxBody = 4 << 20;

    /// <summary>
    /// Bytes of a body that is too large which are still taken, so that its sender gets to read why it was refused.
    /// </summary>
    private const long MaxDrained = 64 << 20;

    private byte[]? _body;

    public Call(HttpContext http, string actor, CancellationToken cancellation)
    {
        Http = http;
        Actor = actor;
        Cancellation = cancellation;
    }

    public HttpContext Http { get; }

    /// <summary>Who asks: <c>uid:0 (root)</c>.</summary>
    public string Actor { get; }

    /// <summary>
    /// Ends with the client's connection, unless the request has an Idempotency-Key: then it is done to its end, for whoever
    /// asks again.
    /// </summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Set when the request has an Idempotency-Key.</summary>
    public KeyedRequest? Keyed { get; set; }

    public string Route(string name) => (string)Http.Request.RouteValues[name]!;

    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (_body is not null)
        {
            return RequestJson.Parse(_body, type);
        }

        await RefuseTooLargeAsync().ConfigureAwait(false);
        PipeReader reader = Http.Request.BodyReader;
        ReadResult result = await reader.ReadAsync(Cancellation).ConfigureAwait(false);
        if (result.IsCompleted && result.Buffer.IsSingleSegment)
        {
            try
            {
                // The usual small body: parsed where it lies.
                return RequestJson.Parse(result.Buffer.FirstSpan, type);
            }
            finally
            {
                reader.AdvanceTo(result.Buffer.End);
            }
        }

        _body = await CollectAsync(reader, result).ConfigureAwait(false);
        return RequestJson.Parse(_body, type);
    }

    /// <summary>The whole body, which a later <see cref="ReadAsync"/> parses.</summary>
    public async Task<byte[]> ReadBodyAsync()
    {
        if (_body is null)
        {
            await RefuseTooLargeAsync().ConfigureAwait(false);
            PipeReader reader = Http.Request.BodyReader;
            _body = await CollectAsync(reader, await reader.ReadAsync(Cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        }

        return _body;
    }

    private ValueTask RefuseTooLargeAsync() => Http.Request.ContentLength > MaxBody ? new(DrainAndRefuseAsync()) : default;

    private async Task DrainAndRefuseAsync()
    {
        if (Http.Request.ContentLength <= MaxDrained)
        {
            Http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxDrained;
            PipeReader reader = Http.Request.BodyReader;
            ReadResult result;
            do
            {
                result = await reader.ReadAsync(Cancellation).ConfigureAwait(false);
                reader.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }

        throw new BadHttpRequestException("too large", StatusCodes.Status413PayloadTooLarge);
    }

    private async Task<byte[]> CollectAsync(PipeReader reader, ReadResult result)
    {
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(Http.Request.ContentLength ?? 4096, 256, MaxBody));
        while (true)
        {
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                body.Write(segment.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return body.WrittenSpan.ToArray();
            }

            result = await reader.ReadAsync(Cancellation).ConfigureAwait(false);
        }
    }
}
