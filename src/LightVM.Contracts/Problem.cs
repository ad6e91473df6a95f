using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>An RFC 9457 problem document (<c>application/problem+json</c>); each maps to one PowerShell error record.</summary>
public sealed class Problem
{
    public string Type { get; set; } = "about:blank";

    public string Title { get; set; } = "";

    /// <summary>HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>One sentence that names what failed and on what.</summary>
    public string Detail { get; set; } = "";

    /// <summary>One of <see cref="ErrorCodes"/>; also the PowerShell error id.</summary>
    public required string Code { get; init; }

    /// <summary>The thing asked for: a name, an id, a path.</summary>
    public string? Target { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Recommendation { get; init; }

    /// <summary>Further facts, for people: a failed step, errno, a list of findings.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, string>? Details { get; init; }

    public override string ToString() => $"{Code}: {Detail}";
}
