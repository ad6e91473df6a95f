namespace LightVM;

/// <summary>A text message of a source's stream: how far it is.</summary>
public sealed class MoveProgress
{
    /// <summary>Of a live move, from 1; 0: the guest stands still.</summary>
    public int Round { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long DoneBytes { get; init; }

    /// <summary>Bytes of memory, as far as known now.</summary>
    public long TotalBytes { get; init; }

    /// <summary>All has been sent; the guest waits, suspended, to be given up.</summary>
    public bool Sent { get; init; }
}
