namespace LightVM;

/// <summary>What became of one guest of a batch: <see cref="Guest"/> as it is now, or <see cref="Problem"/>, never neither.</summary>
public sealed class GuestResult
{
    /// <summary>As it was asked for: a name or an id.</summary>
    public required string Target { get; init; }

    /// <summary>Null after a Remove, and on failure.</summary>
    public Guest? Guest { get; init; }

    public Problem? Problem { get; init; }

    /// <summary>The checkpoint that was made of it, after a save.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>Whether anything was changed for it.</summary>
    public bool Changed { get; init; }
}
