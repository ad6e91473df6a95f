namespace LightVM.Toolstack;

/// <summary>A save that no answer has confirmed: its domain may be suspended, its file may be there. Immutable.</summary>
public sealed record SaveIntent
{
    /// <summary>Of the checkpoint: <see cref="StoredCheckpoint.Stem"/>.</summary>
    public required string File { get; init; }

    /// <summary>Whether the guest is to run on.</summary>
    public bool Keep { get; init; }
}
