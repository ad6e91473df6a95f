namespace LightVM;

/// <summary>POST /v1/guests/save: saves many guests; they are named by <see cref="Ids"/>, <see cref="Names"/> or both.</summary>
public sealed class SaveGuestsRequest
{
    public IReadOnlyList<Guid>? Ids { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Of the checkpoint, for one guest alone; null: made of the guest's name and the time.</summary>
    public string? CheckpointName { get; init; }

    /// <summary>The guest runs on; else its domain ends, and it is Saved.</summary>
    public bool Keep { get; init; }

    /// <summary>With <see cref="Keep"/>: disks that cannot be shared (reflink) are copied.</summary>
    public bool IncludeDisks { get; init; }

    /// <summary>Replaces a checkpoint of that name.</summary>
    public bool Force { get; init; }

    /// <summary>ms that a guest has to suspend itself.</summary>
    public int TimeoutMs { get; set; } = 10_000;
}
