namespace LightVM;

/// <summary>The text message that a stream of a move ends with: from the destination that all is there, from either why it is not.</summary>
public sealed class MoveEnd
{
    /// <summary>Null: the guest is there, whole and paused.</summary>
    public Problem? Problem { get; init; }
}
