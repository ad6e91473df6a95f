using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What became of one step. What <c>Invoke-LightVMReconcile</c> writes.</summary>
public sealed class ReconcileResult
{
    public required ResourceKind Kind { get; init; }

    public required string Name { get; init; }

    public required string HostName { get; init; }

    /// <summary>As planned.</summary>
    public required PlanAction Action { get; init; }

    public required ReconcileStatus Status { get; init; }

    /// <summary>Why the action was needed; for Blocked, why it was not taken.</summary>
    public string Reason { get; init; } = "";

    /// <summary>From its request to its answer; guests that were created together share it. On the wire: <c>durationMs</c>.</summary>
    [JsonPropertyName("durationMs"), JsonConverter(typeof(MillisecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>Of Failed and Blocked; else null.</summary>
    public Problem? Error { get; init; }

    /// <summary>Id of the guest; null for an image, and for a guest that could not be made.</summary>
    public Guid? Id { get; init; }

    public IReadOnlyList<PropertyChange> Changes { get; init; } = [];
}
