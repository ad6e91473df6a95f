using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Daemon.Http;

/// <summary>A whole answer, before it is sent: what an Idempotency-Key keeps.</summary>
internal sealed class Reply
{
    public const string JsonType = "application/json";
    public const string ProblemType = "application/problem+json";

    /// <summary>The handler has written its answer itself.</summary>
    public static readonly Reply Sent = new(0);

    public static readonly Reply NoContent = new(204);

    public Reply(int status, ReadOnlyMemory<byte> body = default, string? contentType = null)
    {
        Status = status;
        Body = body;
        ContentType = contentType;
    }

    public int Status { get; }

    public ReadOnlyMemory<byte> Body { get; }

    public string? ContentType { get; }

    public string? ETag { get; init; }

    public string? Location { get; init; }

    /// <summary>The preference that it is an answer to; not kept with an Idempotency-Key.</summary>
    public string? PreferenceApplied { get; init; }

    public static Reply Json<T>(T value, JsonTypeInfo<T> type, int status = 200, string? etag = null, string? location = null) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(value, type), JsonType) { ETag = etag, Location = location };

    public static Reply Of(Problem problem)
    {
        Problem whole = Problems.Complete(problem);
        return new(whole.Status, JsonSerializer.SerializeToUtf8Bytes(whole, WireJson.Default.Problem), ProblemType);
    }
}
