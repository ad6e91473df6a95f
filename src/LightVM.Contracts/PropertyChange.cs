namespace LightVM;

/// <summary>One property that is not as the spec says.</summary>
public sealed class PropertyChange
{
    /// <summary>As the spec spells it: <c>memory</c>, <c>labels.tier</c>.</summary>
    public required string Path { get; init; }

    /// <summary>As it is on the host; null: not there.</summary>
    public string? From { get; init; }

    /// <summary>As the spec wants it; null: not there.</summary>
    public string? To { get; init; }

    public ChangeEffect Effect { get; init; }

    /// <summary>Why it has that effect, or where the wanted value comes from when the spec does not name it.</summary>
    public string Reason { get; init; } = "";

    /// <summary><c>file:line</c> of the spec that asks for it.</summary>
    public string? Source { get; init; }

    /// <summary><c>memory: 4MB -> 8MB</c></summary>
    public override string ToString() => $"{Path}: {From ?? "(none)"} -> {To ?? "(none)"}";
}
