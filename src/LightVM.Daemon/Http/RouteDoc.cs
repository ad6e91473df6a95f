using System.Text.Json.Serialization.Metadata;

namespace LightVM.Daemon.Http;

/// <summary>What the OpenAPI document says of a route; metadata of its endpoint.</summary>
internal sealed record RouteDoc(string Id, string Summary)
{
    public JsonTypeInfo? Request { get; init; }

    /// <summary>The body is a file, not JSON.</summary>
    public bool RawRequest { get; init; }

    /// <summary>Status codes of success, with the type of the body (null: none).</summary>
    public IReadOnlyList<(int Status, JsonTypeInfo? Type)> Responses { get; init; } = [];

    /// <summary>The answer is a stream of such values, one a line.</summary>
    public bool Streams { get; init; }

    /// <summary>Query parameters: name, JSON type (string, integer, boolean), description.</summary>
    public IReadOnlyList<(string Name, string Type, string Description)> Query { get; init; } = [];

    /// <summary>Whether an Idempotency-Key is honoured.</summary>
    public bool Keyed { get; init; }

    /// <summary>Whether <c>Prefer: respond-async</c> and <c>return=minimal</c> are honoured.</summary>
    public bool Async { get; init; }

    /// <summary>Whether If-Match is honoured.</summary>
    public bool Conditional { get; init; }

    /// <summary>Error codes it answers with beside those that every route has.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];
}
