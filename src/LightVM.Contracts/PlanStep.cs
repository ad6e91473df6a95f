using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a plan says of one resource.</summary>
public sealed class PlanStep
{
    public required ResourceKind Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>As the session names the host.</summary>
    public required string HostName { get; init; }

    public required PlanAction Action { get; init; }

    /// <summary>Of Update, Restart and Replace, and of those never empty.</summary>
    public IReadOnlyList<PropertyChange> Changes { get; init; } = [];

    /// <summary>Why this action, in a few words; empty for NoChange.</summary>
    public string Reason { get; init; } = "";

    /// <summary><c>file:line</c> of the resource in the spec; null for what the spec no longer names.</summary>
    public string? Source { get; init; }

    /// <summary>For Blocked: the error that applying would meet.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The whole that this step is of.</summary>
    [JsonIgnore]
    public Plan? Plan { get; set; }

    /// <summary>One line for people: <c>Restart guest web-1 on lab: memory: 4MB -> 8MB (restart)</c></summary>
    public override string ToString()
    {
        string why = Changes.Count == 0
            ? Reason
            : string.Join("; ", Changes.Select(change => $"{change} ({change.Effect.ToString().ToLowerInvariant()})"));
        string head = $"{Action} {Kind.ToString().ToLowerInvariant()} {Name} on {HostName}";
        return why.Length == 0 ? head : $"{head}: {why}";
    }
}
