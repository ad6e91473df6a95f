namespace LightVM;

/// <summary>
/// POST /v1/guests/{idOrName}/copy and /v1/checkpoints/{name}/copy: makes clones, guests of their own that go on where the source was. At most
/// <see cref="CreateGuestsRequest.MaxBatch"/>.
/// </summary>
public sealed class CopyGuestsRequest
{
    /// <summary>Of the clones, one each.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Of each clone, in place of the source's; null: those.</summary>
    public Dictionary<string, string>? Labels { get; init; }

    /// <summary>Ports of the host that lead to the clone, if it is one alone; the source's stay its own.</summary>
    public IReadOnlyList<PublishedPort>? Publish { get; init; }

    /// <summary>Whether disks that the file system cannot share (reflink) are copied.</summary>
    public bool CopyDisks { get; init; }

    /// <summary>ms that a running source has to suspend itself.</summary>
    public int TimeoutMs { get; set; } = 10_000;
}
