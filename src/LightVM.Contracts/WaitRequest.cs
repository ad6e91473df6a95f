namespace LightVM;

/// <summary>POST /v1/guests/wait: answered when each guest is there, or the time is over (a WaitTimeout problem for each that is not).</summary>
public sealed class WaitRequest
{
    public required IReadOnlyList<Guid> Ids { get; init; }

    public required WaitFor For { get; init; }

    /// <summary>For <see cref="WaitFor.Console"/>: a .NET regular expression, matched against each logged line, past ones included.</summary>
    public string? Console { get; init; }

    /// <summary>ms. At most a day.</summary>
    public int TimeoutMs { get; set; } = 30_000;
}
