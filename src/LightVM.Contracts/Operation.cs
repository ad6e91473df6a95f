namespace LightVM;

/// <summary>Long work on a host. A batch asked for with <c>Prefer: respond-async</c> is answered with one (202).</summary>
public sealed class Operation
{
    public required Guid Id { get; init; }

    /// <summary>createGuests, saveGuests, restoreCheckpoints, copyGuests, or the guest action.</summary>
    public required string Kind { get; init; }

    public OperationStatus Status { get; init; }

    public int Done { get; init; }

    public int Total { get; init; }

    /// <summary>Bytes that are moved so far, of what is being saved or restored now; 0: it moves none, or has just begun.</summary>
    public long DoneBytes { get; init; }

    /// <summary>Bytes that are to be moved.</summary>
    public long TotalBytes { get; init; }

    public DateTimeOffset StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    public string Actor { get; set; } = "";

    /// <summary>There when it has ended.</summary>
    public IReadOnlyList<GuestResult>? Results { get; init; }
}
