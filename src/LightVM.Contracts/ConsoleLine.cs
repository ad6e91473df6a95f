namespace LightVM;

/// <summary>One line that a guest wrote. The console API streams these as NDJSON.</summary>
public sealed class ConsoleLine
{
    /// <summary>Number of the line since the guest's log began, from 1.</summary>
    public long Sequence { get; init; }

    /// <summary>When lightvm-io took its first byte from the ring.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Without its line end; bytes that are not UTF-8 come as U+FFFD.</summary>
    public string Text { get; set; } = "";

    /// <summary>True for a last line that has no line end (yet): only sent when the guest has ended or without follow.</summary>
    public bool Partial { get; init; }

    /// <summary>Lines before this one that the bounded log no longer holds, when the reader asked for them.</summary>
    public long Lost { get; init; }
}
