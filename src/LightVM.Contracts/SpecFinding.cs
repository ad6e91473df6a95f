namespace LightVM;

/// <summary>One thing that is wrong with a spec file, and where.</summary>
public sealed class SpecFinding
{
    /// <summary>As the user gave it.</summary>
    public required string File { get; init; }

    /// <summary>From 1.</summary>
    public required int Line { get; init; }

    /// <summary>From 1, in UTF-16 code units, as editors count.</summary>
    public required int Column { get; init; }

    /// <summary>Where in the document: <c>guests[0].memory</c>; empty for the document itself.</summary>
    public string Path { get; init; } = "";

    /// <summary>What is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>What should be there.</summary>
    public required string Expected { get; init; }

    /// <summary>The line, and a ^ under the place: two lines of text without a line break at their end; null where there is nothing to see.</summary>
    public string? Excerpt { get; init; }

    /// <summary>As <see cref="ToString"/>, with the excerpt beneath.</summary>
    public string Describe() => Excerpt is null ? ToString() : $"{this}\n{Excerpt}";

    /// <summary><c>fleet.yaml:7:5: unknown key 'memmory', expected 'memory'</c></summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}, expected {Expected}";
}
